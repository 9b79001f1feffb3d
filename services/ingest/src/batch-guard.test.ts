import { EventLogError } from '@cartledger/event-log';
import { createLogger, createMetrics } from '@cartledger/service';
import { expect, test } from 'vitest';
import { createBatchGuard } from './batch-guard.ts';
import { createIngestMetrics } from './metrics.ts';
import { NO_QUARANTINE, type SetAside } from './quarantine.ts';
import { createWaiting } from './waiting.ts';

const range = { id: 'q1', topicEpoch: 'a', partition: 0, first: 1n, last: 1n, reason: 'x', by: 'k', at: 0 };

const setUp = (backoffMs = 1) => {
  const clock = { now: 1_000 };
  const logger = createLogger({ component: 'test', level: 'silent' });
  const metrics = createIngestMetrics(createMetrics());
  const listeners = new Set<(range: SetAside) => void>();
  const now = () => clock.now;
  const guard = createBatchGuard(
    {
      quarantine: {
        ...NO_QUARANTINE,
        onAdded: (listener) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      },
      waiting: createWaiting({ now, logger, metrics }).of(0),
      backoffMs: () => backoffMs,
      now,
      logger,
    },
    { partition: 0, topicEpoch: 'a' },
  );
  const { signal, abort } = (() => {
    const controller = new AbortController();
    return { signal: controller.signal, abort: () => controller.abort(new Error('revoked')) };
  })();
  const batch = { records: [{ offset: 0n }, { offset: 2n }] };
  return {
    clock,
    guard,
    abort,
    listeners,
    through: (attempt: (signal: AbortSignal) => Promise<void>) => guard.through(batch, signal, attempt),
    add: (added: Partial<SetAside>) => {
      for (const listener of listeners) listener({ ...range, ...added });
    },
  };
};

/** An attempt that hangs until its signal ends it. */
const hang = (signal: AbortSignal): Promise<void> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

test('a batch that fails by itself is tried until it goes, and is blocked meanwhile since its first failure', async () => {
  const { guard, through, clock } = setUp();
  const seen: unknown[] = [];
  let attempts = 0;
  await through(async () => {
    seen.push(guard.state);
    attempts += 1;
    clock.now += 10;
    if (attempts < 4) throw new TypeError(`attempt ${attempts}`);
  });
  const blocked = { name: 'blocked', since: 1_010, code: 'unexpected', first: 0n, last: 2n };
  expect(seen).toMatchObject([
    { name: 'reading', since: 1_000 },
    { ...blocked, message: 'TypeError: attempt 1' },
    { ...blocked, message: 'TypeError: attempt 2' },
    { ...blocked, message: 'TypeError: attempt 3' },
  ]);
  expect(guard.state).toEqual({ name: 'reading', since: 1_040 });
});

test('a range that is set aside in it begins the batch anew, whatever it hangs in; one elsewhere does not', async () => {
  const { through, add, listeners } = setUp();
  let attempts = 0;
  const done = through(async (signal) => {
    attempts += 1;
    if (attempts === 1) await hang(signal);
  });
  await new Promise((resolve) => setImmediate(resolve));
  for (const elsewhere of [{ partition: 1 }, { topicEpoch: 'b' }, { first: 3n, last: 9n }]) add(elsewhere);
  await new Promise((resolve) => setImmediate(resolve));
  expect(attempts).toBe(1);
  add({});
  await done;
  expect(attempts).toBe(2);
  expect(listeners.size).toBe(0);
});

test('a batch that is blocked does not wait its time out when a range of it is set aside', async () => {
  const { through, add } = setUp(3_600_000);
  let attempts = 0;
  const failed = Promise.withResolvers<void>();
  const done = through(async () => {
    attempts += 1;
    if (attempts > 1) return;
    failed.resolve();
    throw new TypeError('no');
  });
  await failed.promise;
  await new Promise((resolve) => setImmediate(resolve));
  add({});
  await done;
});

test('a partition that is taken away, and a log that was closed, end it', async () => {
  const one = setUp();
  const ended = expect(one.through(hang)).rejects.toThrow('revoked');
  await new Promise((resolve) => setImmediate(resolve));
  one.abort();
  await ended;
  const closed = new EventLogError('closed', 'stopped', { retriable: false });
  await expect(setUp().through(() => Promise.reject(closed))).rejects.toBe(closed);
});
