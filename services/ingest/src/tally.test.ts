import { createLogger, createMetrics } from '@cartledger/service';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Count } from './measures.ts';
import { createIngestMetrics } from './metrics.ts';
import { createTally, type Tally } from './tally.ts';
import { createFakeStore, type FakeStore } from './testing/fake-store.ts';
import { createWaiting } from './waiting.ts';

const metrics = createIngestMetrics(createMetrics());
const logger = createLogger({ component: 'test', level: 'silent' });
const { signal } = new AbortController();

const tallyOn = (store: FakeStore, now: number, readFrom?: bigint): Tally =>
  createTally(
    {
      clickhouse: store.clickhouse,
      metrics,
      waiting: createWaiting({ now: () => now, logger, metrics }),
      backoffMs: () => 1,
      now: () => now,
    },
    { topicEpoch: 'epoch', partition: 0, serverChecked: Promise.resolve(), life: signal, readFrom },
  );

/** What the records [from, to) are counted as: three quarters, an error that grows and falls. */
const countsOf = (from: number, to: number): Count[] => {
  const sums = new Map<string, Count>();
  for (let offset = from; offset < to; offset += 1) {
    const quarter = Math.floor(offset / 40) * 900_000;
    for (const [measure, n] of [
      ['delivered', 1],
      ['clock_error_max_ms', (offset * 7919) % 1_000],
    ] as const) {
      const key = `${quarter} ${measure}`;
      const sum = sums.get(key) ?? { store_id: 's', quarter, measure, n: 0 };
      sum.n = measure === 'delivered' ? sum.n + n : Math.max(sum.n, n);
      sums.set(key, sum);
    }
  }
  return [...sums.values()];
};

const expected = (to: number): Record<string, number> =>
  Object.fromEntries(
    countsOf(0, to).map(({ quarter, measure, n }) => [
      `s ${new Date(quarter).toISOString().slice(0, 16)} ${measure}`,
      n,
    ]),
  );

const LOG_END = 120;

/**
 * What may happen to a batch: it is committed; its commit fails, with or without an effect, and the worker goes on;
 * its process dies after the counts or before the commit's answer; its worker loses the partition and writes its counts
 * when its successor has begun.
 */
const FATES = ['committed', 'committed', 'failed', 'failed in effect', 'killed', 'killed in effect', 'zombie'] as const;
const batch = fc.record({ size: fc.integer({ min: 1, max: 30 }), fate: fc.constantFrom(...FATES) });

test('every record is counted once, however runs end, commits fail, zombies write and batches are cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { maxLength: 25 }), async (batches) => {
      const store = createFakeStore();
      let committed = 0;
      let position = 0;
      let clock = 1_000;
      let tally = tallyOn(store, clock);
      let late: (() => Promise<void>) | null = null;
      const last = { size: LOG_END, fate: 'committed' } as const;
      for (const { size, fate } of [...batches, last]) {
        const [from, to] = [position, Math.min(position + size, LOG_END)];
        if (from === to) break;
        const write = (
          (own) => () =>
            own.write(countsOf(from, to), BigInt(from), signal)
        )(tally);
        if (fate !== 'zombie') await write();
        // What a zombie writes, it writes when its successor has written a batch.
        await late?.();
        late = fate === 'zombie' ? write : null;
        if (fate === 'committed' || fate.endsWith('in effect')) committed = to;
        position = to;
        if (fate === 'killed' || fate === 'killed in effect' || fate === 'zombie') {
          position = committed;
          clock += 1_000;
          tally = tallyOn(store, clock);
        } else {
          tally.committed(fate === 'committed');
        }
      }
      // What was never committed is read again.
      if (committed < LOG_END)
        await tallyOn(store, clock + 1_000).write(countsOf(committed, LOG_END), BigInt(committed), signal);
      await late?.();
      expect(store.counts()).toEqual(expected(LOG_END));
    }),
    { seed: 20_261_122, numRuns: 2_000 },
  );
});

test('batch after batch of one quarter leaves one row that counts', async () => {
  const store = createFakeStore();
  const tally = tallyOn(store, 1_000);
  for (let from = 0; from < 40; from += 5) {
    await tally.write(countsOf(from, from + 5), BigInt(from), signal);
    tally.committed(true);
  }
  expect(new Set(store.written.intake.map(({ measure, first_offset }) => `${measure} ${first_offset}`)).size).toBe(2);
  expect(store.written.intake_runs).toMatchObject([{ generation: 1_000, start_offset: 0n }]);
});

test('a run whose clock is behind still comes after the runs before it', async () => {
  const store = createFakeStore();
  await tallyOn(store, 1_000).write(countsOf(0, 30), 0n, signal);
  await tallyOn(store, 5).write(countsOf(0, 20), 0n, signal);
  expect(store.written.intake_runs).toMatchObject([{ generation: 1_000 }, { generation: 1_001 }]);
  expect(store.counts()).toEqual(expected(20));
});

test('what an uncommitted batch had counted before retention took its beginning is counted once', async () => {
  const store = createFakeStore();
  await tallyOn(store, 1_000).write(countsOf(10, 20), 10n, signal);
  // Nothing of it was committed; of [10, 20) the log has [15, 20) left, which the next run reads first.
  await tallyOn(store, 2_000, 10n).write(countsOf(15, 20), 15n, signal);
  expect(store.counts()).toMatchObject({ 's 1970-01-01T00:00 delivered': 5 });
});
