import { ClickHouseError } from '@cartledger/clickhouse';
import { EVENTS_TOPIC } from '@cartledger/event-log';
import { expect, test } from 'vitest';
import { createHarness, until } from './testing/harness.ts';
import { eventRecord } from './testing/samples.ts';
import { start } from './testing/started.ts';

const PARTITIONS = 3;
const MAX_BYTES = 200_000;
/** More of each partition than may be in flight of all. */
const EACH = 1_000;

const CONFIG = {
  maxBytesInFlight: MAX_BYTES,
  batch: { maxRows: 50, maxBytes: 2 ** 20, maxAgeMs: 0 },
  stallMs: 5_000,
};

/** Events go to the partition that their visitor names. */
const setUp = () => {
  const h = createHarness({ partitions: PARTITIONS, fetchRecords: 50 });
  h.fakeLog.hooks.partitionOf = ({ key }) => Number(key.slice(-1));
  const append = (partition: number, count: number, from = 0): void =>
    h.fakeLog.append(
      EVENTS_TOPIC,
      Array.from({ length: count }, (_, i) =>
        eventRecord({ event_id: `p${partition}-${from + i}`, visitor_id: `v${partition}` }),
      ),
    );
  return { ...h, append };
};

/** Goes on for long enough that a partition that stands still would be named. */
const pass = async ({ fakeLog, clock, metric }: ReturnType<typeof setUp>): Promise<void> => {
  const end = clock.now + 4 * CONFIG.stallMs;
  await until(
    async () => {
      clock.now += 500;
      expect(await metric('cartledger_ingest_consumer_restarts_total')).toBe(0);
      return clock.now >= end;
    },
    () => void fakeLog.deliver(),
  );
};

test.each([
  ['is blocked', 'touches', new ClickHouseError('VIOLATED_CONSTRAINT', 'no', { refusedData: true })],
  ['waits for ever', 'events', new ClickHouseError('timeout', 'slow', { retriable: true })],
] as const)(
  'a partition that %s with more behind it than may be in flight leaves the others room, and none is started anew',
  async (_, table, failure) => {
    const h = setUp();
    let isMended = false;
    const stuck = new Set<unknown>();
    h.store.hooks.beforeInsert = (into, rows) => {
      for (const row of rows) if (String(row.event_id).startsWith('p0')) stuck.add(row.visitor_hash);
      if (into === table && !isMended && rows.some(({ visitor_hash }) => stuck.has(visitor_hash))) throw failure;
    };
    h.append(0, EACH);
    const ingest = await start(h, CONFIG);
    // It has what it can get before another has anything.
    await until(
      () => ingest.partitions()[0]?.state.name !== 'reading' && h.fakeLog.paused().includes(0),
      () => void h.fakeLog.deliver(),
    );
    for (const partition of [1, 2]) h.append(partition, EACH);
    const flowed = () => [1, 2].every((partition) => h.fakeLog.committed.get(partition)?.offset === BigInt(EACH));
    await until(flowed, () => void h.fakeLog.deliver());
    expect(h.fakeLog.paused()).toEqual([0]);
    await pass(h);
    for (const partition of [1, 2]) h.append(partition, 10, EACH);
    isMended = true;
    await h.settle();
    expect(h.store.kept().size).toBe(PARTITIONS * EACH + 20);
  },
);

test('while the store refuses every insert but answers, a partition that was idle when others filled up starts nothing anew', async () => {
  const h = setUp();
  const refusals = new Set(['insert']);
  h.store.hooks.beforeInsert = () => {
    if (refusals.size > 0) throw new ClickHouseError('TOO_MANY_PARTS', 'later', { retriable: true });
  };
  h.append(0, EACH);
  await start(h, CONFIG);
  await until(
    () => h.fakeLog.paused().includes(0),
    () => void h.fakeLog.deliver(),
  );
  h.append(1, 1);
  await pass(h);
  refusals.clear();
  await h.settle();
  expect(h.store.kept().size).toBe(EACH + 1);
});
