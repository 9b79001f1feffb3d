import { ClickHouseError, UnsuitableServerError } from '@cartledger/clickhouse';
import { EventLogError, type TopicSettings } from '@cartledger/event-log';
import { createLogger } from '@cartledger/service';
import { expect, test } from 'vitest';
import { createStartupCheck, StartupRefusedError } from './startup-check.ts';

const TOPICS = { topic: 'events', deadLettersTopic: 'dead' };
const logger = createLogger({ component: 'test', level: 'silent' });

const GOOD: TopicSettings = {
  cleanupPolicy: 'delete',
  retentionMs: 604_800_000,
  retentionBytes: null,
  maxMessageBytes: 1_048_588,
  minInsyncReplicas: 1,
  segmentMs: 604_800_000,
  uncleanLeaderElection: false,
  replicationFactor: 1,
  brokers: 1,
};

const MISFIT = { setting: 'async_insert', found: '1', needed: '0', remedy: 'change it' };

const check = (
  settings: (topic: string) => Partial<TopicSettings>,
  checkServer: () => Promise<{ version: string }> = async () => ({ version: '26.7' }),
) =>
  createStartupCheck(
    { log: { topicSettings: async (topic) => ({ ...GOOD, ...settings(topic) }) }, clickhouse: { checkServer }, logger },
    TOPICS,
  )();

const refusal = async (running: Promise<unknown>): Promise<readonly string[]> => {
  const error = await running.then(() => null).catch((reason: unknown) => reason);
  if (error instanceof StartupRefusedError) return error.misfits.map(({ setting }) => setting);
  throw error;
};

test('what is as it must be is taken, a log without settings too', async () => {
  expect(await check(() => ({}))).toEqual({ version: '26.7' });
  const clickhouse = { checkServer: async () => ({ version: '26.7' }) };
  expect(await createStartupCheck({ log: {}, clickhouse, logger }, TOPICS)()).toEqual({ version: '26.7' });
});

test.each([
  ['cleanup.policy', { cleanupPolicy: 'compact' }],
  ['cleanup.policy', { cleanupPolicy: 'compact,delete' }],
  ['retention.ms', { retentionMs: 3_600_000 }],
  ['max.message.bytes', { maxMessageBytes: 1_000 }],
  ['unclean.leader.election.enable', { uncleanLeaderElection: true }],
  ['replication factor', { brokers: 3 }],
])('a topic with the wrong %s is refused', async (setting, wrong) => {
  expect(await refusal(check((topic) => (topic === 'events' ? wrong : {})))).toEqual([`topic events: ${setting}`]);
  expect(await refusal(check((topic) => (topic === 'dead' ? wrong : {})))).toEqual([`topic dead: ${setting}`]);
});

test('dead letters must stay for a week, events for a day', async () => {
  expect(await refusal(check(() => ({ retentionMs: 2 * 86_400_000 })))).toEqual(['topic dead: retention.ms']);
});

test('what only narrows the promise is gone on with', async () => {
  await check(() => ({ retentionBytes: 1_000_000_000 }));
  await check(() => ({ brokers: 3, replicationFactor: 3, minInsyncReplicas: 1 }));
});

test('everything that is wrong is told at once, each with its remedy', async () => {
  const running = check(
    () => ({ cleanupPolicy: 'compact' }),
    () => Promise.reject(new UnsuitableServerError([MISFIT])),
  );
  const error = await running.catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    message: expect.stringContaining('async_insert is 1 and must be 0. Remedy: change it.'),
  });
  expect(await refusal(Promise.reject(error))).toEqual([
    'topic events: cleanup.policy',
    'topic dead: cleanup.policy',
    'async_insert',
  ]);
});

test('a server that does not answer is to be waited for, but not with a topic that is wrong anyhow', async () => {
  const down = new ClickHouseError('unavailable', 'down', { retriable: true });
  await expect(
    check(
      () => ({}),
      () => Promise.reject(down),
    ),
  ).rejects.toBe(down);
  expect(
    await refusal(
      check(
        () => ({ cleanupPolicy: 'compact' }),
        () => Promise.reject(down),
      ),
    ),
  ).toHaveLength(2);
});

test('a log that may not tell its settings is gone on with, one that does not answer is waited for', async () => {
  const clickhouse = { checkServer: async () => ({ version: '26.7' }) };
  const refusing = (retriable: boolean) => ({
    topicSettings: () => Promise.reject(new EventLogError('unavailable', 'no', { retriable })),
  });
  await createStartupCheck({ log: refusing(false), clickhouse, logger }, TOPICS)();
  await expect(createStartupCheck({ log: refusing(true), clickhouse, logger }, TOPICS)()).rejects.toMatchObject({
    retriable: true,
  });
});
