import type { TopicSettings } from '@cartledger/event-log';
import { expect, test } from 'vitest';
import { copiesIn } from './log-copies.ts';

const DAY_MS = 86_400_000;
const AT = Date.parse('2026-11-01T00:00:00Z');
const SETTINGS: TopicSettings = {
  cleanupPolicy: 'delete',
  retentionMs: 7 * DAY_MS,
  retentionBytes: null,
  segmentMs: DAY_MS,
  maxMessageBytes: 1_000_000,
  minInsyncReplicas: 1,
  uncleanLeaderElection: false,
  replicationFactor: 1,
  brokers: 1,
};
const kafka = (change: Partial<TopicSettings> = {}) => ({ topicSettings: async () => ({ ...SETTINGS, ...change }) });

test('copies in Kafka are gone when the segment they lie in is too old as a whole', async () => {
  const gone_by = '2026-11-09T00:00:00.000Z';
  expect(await copiesIn(kafka(), 't', AT)).toEqual({ topic: 't', gone_by, warning: null });
});

test('a topic that keeps records for ever, or is compacted, is named with why', async () => {
  const forEver = await copiesIn(kafka({ retentionMs: null }), 't', AT);
  expect(forEver).toMatchObject({ gone_by: null, warning: expect.stringContaining('for ever') });
  const compacted = await copiesIn(kafka({ cleanupPolicy: 'compact,delete' }), 't', AT);
  expect(compacted).toMatchObject({ gone_by: null, warning: expect.stringContaining('compacted') });
});

test('the embedded log removes each record by its own age', async () => {
  expect(await copiesIn({ retentionMs: async () => DAY_MS }, 't', AT)).toMatchObject({
    gone_by: '2026-11-02T00:00:00.000Z',
  });
  expect(await copiesIn({ retentionMs: async () => null }, 't', AT)).toMatchObject({ gone_by: null });
});
