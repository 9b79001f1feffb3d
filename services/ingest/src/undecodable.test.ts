import { EventLogError } from '@cartledger/event-log';
import { createLogger, createMetrics } from '@cartledger/service';
import { expect, test } from 'vitest';
import { createIngestMetrics } from './metrics.ts';
import { NO_QUARANTINE, type SetAside } from './quarantine.ts';
import { createUndecodable } from './undecodable.ts';
import { createWaiting } from './waiting.ts';

const setUp = (kept: SetAside[] = []) => {
  const logger = createLogger({ component: 'test', level: 'silent' });
  const now = () => 5;
  const waiting = createWaiting({ now, logger, metrics: createIngestMetrics(createMetrics()) }).of(3);
  const listeners = new Set<(range: SetAside) => void>();
  const quarantine = {
    ...NO_QUARANTINE,
    ranges: kept,
    onAdded: (listener: (range: SetAside) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const undecodable = createUndecodable(
    { quarantine, waiting, backoffMs: () => 1, now, logger },
    { partition: 3, topicEpoch: 'a' },
  );
  const add = (range: SetAside) => {
    for (const listener of listeners) listener(range);
  };
  return { undecodable, listeners, add };
};

const error = new EventLogError('unavailable', 'records cannot be read', { retriable: false });
const range = { partition: 3, assignmentEpoch: 1, first: 10n, last: 19n, error };
const setAside: SetAside = {
  ...{ id: 'q1', topicEpoch: 'a', partition: 3, first: 10n, last: 19n },
  ...{ reason: 'rotten', by: 'key', at: 1 },
};

test('records that cannot be decoded block their partition until all of them are set aside, under this life of the topic', async () => {
  const { undecodable, add, listeners } = setUp();
  const done = undecodable.setAside(range, new AbortController().signal);
  expect(undecodable.state).toEqual({
    ...{ name: 'blocked', since: 5, code: 'undecodable', message: 'records cannot be read', first: 10n, last: 19n },
  });
  await expect.poll(() => listeners.size).toBe(1);
  add({ ...setAside, last: 18n });
  add({ ...setAside, partition: 4 });
  add({ ...setAside, topicEpoch: 'b' });
  expect(undecodable.state).not.toBeNull();
  add(setAside);
  expect(await done).toBe(setAside);
  expect(undecodable.state).toBeNull();
  expect(listeners.size).toBe(0);
});

test('what was set aside before blocks nothing when it is met again', async () => {
  const { undecodable } = setUp([setAside]);
  expect(await undecodable.setAside(range, new AbortController().signal)).toBe(setAside);
});

test('an assignment that ends waits for nobody any more', async () => {
  const { undecodable, listeners } = setUp();
  const ended = new AbortController();
  const done = undecodable.setAside(range, ended.signal);
  ended.abort(new Error('revoked'));
  await expect(done).rejects.toThrow('revoked');
  expect(listeners.size).toBe(0);
});
