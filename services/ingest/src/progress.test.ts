import type { LogRecord, PartitionLag } from '@cartledger/event-log';
import { createMetrics } from '@cartledger/service';
import { expect, test } from 'vitest';
import { createIngestMetrics } from './metrics.ts';
import type { PartitionWorker, Progress } from './partition-worker.ts';
import { createProgress } from './progress.ts';
import type { AssignedPartition } from './readiness.ts';
import { createStandstill } from './standstill.ts';
import { createTailProbe } from './tail-probe.ts';

const setUp = () => {
  const state = {
    now: 100_000,
    lag: { partition: 0, earliest: 0n, end: 10n } satisfies PartitionLag as PartitionLag,
    topicEpoch: 'a',
    progress: { position: 10n, busy: false, owesCommit: false } as Progress,
    records: [] as LogRecord[],
    recommitted: 0,
    reports: [] as unknown[],
    kept: [] as (readonly number[])[],
    partitions: [] as AssignedPartition[],
    onOffsets: () => {},
    onRead: () => {},
  };
  const writes: unknown[] = [];
  const worker = {
    topicEpoch: 'a',
    get progress() {
      return state.progress;
    },
    commitAgain: async () => {
      state.recommitted += 1;
      return false;
    },
  } as PartitionWorker;
  const workers = new Map([[0, worker]]);
  const log = {
    offsets: async () => {
      state.onOffsets();
      return [state.lag];
    },
    topicEpoch: async () => state.topicEpoch,
    read: async function* () {
      state.onRead();
      yield* state.records;
    },
  };
  const now = () => state.now;
  const metrics = createMetrics();
  const report = createProgress(
    {
      log,
      positions: {
        // Rows of 0 only say that the partition is there.
        report: async (rows) => {
          writes.push(rows);
          state.reports.push(...rows.filter((row) => row.taken_in_up_to > 0));
        },
        keepOnly: async (_, partitions) => void state.kept.push(partitions),
      },
      tailProbe: createTailProbe({ log, topic: 't' }),
      standstill: createStandstill({ now }),
      partitions: () => state.partitions,
      metrics: createIngestMetrics(metrics),
      now,
    },
    { topic: 't', stallMs: 30_000 },
  );
  return { state, writes, metrics, workers, tick: () => report(workers) };
};

const row = (position: bigint, taken_in_up_to: number) => ({
  topic: 't',
  partition: 0,
  position,
  taken_in_up_to,
  told: null,
});
const record = { partition: 0, offset: 12n, timestamp: 0, key: null, value: null, headers: {} };

test('a partition at the end of the log has everything up to the time before the end was read', async () => {
  const { state, tick } = setUp();
  expect(await tick()).toEqual([]);
  expect(state.reports).toEqual([row(10n, 100_000)]);
});

test('what each of its partitions does is told with it, in the same write, and also while nothing is taken in', async () => {
  const { state, writes, tick } = setUp();
  const word = { topic_epoch: 'a', assignment_epoch: 2, state: 'waiting', why: { step: 'events', code: 'DOWN' } };
  state.partitions = [
    {
      partition: 0,
      worker: 'host/7',
      topicEpoch: 'a',
      assignmentEpoch: 2,
      position: 'earliest',
      state: { name: 'waiting', since: 90_000, step: 'events', code: 'DOWN' },
    },
  ];
  state.progress = { position: 'earliest', busy: true, owesCommit: false };
  await tick();
  expect(writes).toMatchObject([[{ taken_in_up_to: 0, told: { worker: 'host/7', at: 100_000, word } }]]);
});

test('a commit that failed is made up for when nothing more comes', async () => {
  const { state, tick } = setUp();
  state.progress = { position: 10n, busy: true, owesCommit: true };
  await tick();
  expect(state.recommitted).toBe(0);
  state.progress = { position: 10n, busy: false, owesCommit: true };
  await tick();
  expect(state.recommitted).toBe(1);
});

test('a partition that lags has everything up to when the log ended where it now stands', async () => {
  const { state, tick } = setUp();
  state.progress = { position: 4n, busy: true, owesCommit: false };
  await tick();
  expect(state.reports).toEqual([]);
  state.now += 500;
  state.lag = { partition: 0, earliest: 0n, end: 20n };
  state.progress = { position: 12n, busy: true, owesCommit: false };
  await tick();
  expect(state.reports).toEqual([row(12n, 100_000)]);
  state.now += 500;
  state.lag = { partition: 0, earliest: 0n, end: 30n };
  state.progress = { position: 20n, busy: true, owesCommit: false };
  await tick();
  expect(state.reports.at(-1)).toEqual(row(20n, 100_500));
});

test('a row that a worker of before brings back holds the time back for a minute at most', async () => {
  const { state, tick } = setUp();
  await tick();
  state.now += 59_999;
  await tick();
  expect(state.kept).toEqual([[0]]);
  state.now += 1;
  await tick();
  expect(state.kept).toEqual([[0], [0]]);
});

test('a topic made again with fewer partitions leaves no row behind that would hold the time back', async () => {
  const { state, tick } = setUp();
  await tick();
  await tick();
  expect(state.kept).toEqual([[0]]);
  state.topicEpoch = 'b';
  await tick();
  expect(state.kept).toEqual([[0], [0]]);
});

test('before the first record nothing is claimed, but an empty partition is taken in', async () => {
  const { state, tick } = setUp();
  state.progress = { position: 'earliest', busy: false, owesCommit: false };
  await tick();
  expect(state.reports).toEqual([]);
  state.lag = { partition: 0, earliest: 10n, end: 10n };
  await tick();
  expect(state.reports).toEqual([row(10n, 100_000)]);
});

test('records in hand that retention removes meanwhile are not claimed', async () => {
  const { state, tick } = setUp();
  state.progress = { position: 'earliest', busy: true, owesCommit: false };
  state.lag = { partition: 0, earliest: 10n, end: 10n };
  await tick();
  expect(state.reports).toEqual([]);
});

test('positions of an earlier life of the topic claim nothing, and the log is made to notice', async () => {
  const { state, tick } = setUp();
  state.topicEpoch = 'b';
  await tick();
  expect(state.reports).toEqual([]);
  expect(state.recommitted).toBe(1);
});

test('offsets without records at the end do not hold the time back', async () => {
  const { state, tick } = setUp();
  state.lag = { partition: 0, earliest: 0n, end: 12n };
  await tick();
  state.now += 2_000;
  await tick();
  expect(state.reports.at(-1)).toEqual(row(10n, 102_000));
});

test('a partition that is taken away while progress is looked up leaves no claim and no gauge behind', async () => {
  const { state, metrics, workers, tick } = setUp();
  state.lag = { partition: 0, earliest: 0n, end: 12n };
  await tick();
  state.reports.length = 0;
  state.now += 2_000;
  metrics.registry.resetMetrics();
  state.onRead = () => workers.clear();
  await tick();
  expect(state.reports).toEqual([]);
  expect(await metrics.text()).not.toContain('cartledger_ingest_position{partition="0"}');
});

test('a partition that stands before records is named after a while, and not while it is busy', async () => {
  const { state, tick } = setUp();
  state.lag = { partition: 0, earliest: 0n, end: 13n };
  state.records = [record];
  await tick();
  state.now += 30_000;
  state.progress = { ...state.progress, busy: true };
  expect(await tick()).toEqual([]);
  state.progress = { ...state.progress, busy: false };
  state.now += 29_999;
  expect(await tick()).toEqual([]);
  state.now += 1;
  expect(await tick()).toEqual([0]);
  expect(state.reports).toEqual([]);
});

test('metrics tell position, lag, and how much of what the log keeps lies before the position', async () => {
  const { state, metrics, tick } = setUp();
  const headroom = async () => /retention_headroom_ratio\{partition="0"\} (\S+)/.exec(await metrics.text())?.[1];
  state.lag = { partition: 0, earliest: 100n, end: 200n };
  state.progress = { position: 120n, busy: true, owesCommit: false };
  await tick();
  expect(await metrics.text()).toContain('cartledger_ingest_position{partition="0"} 120\n');
  expect(await metrics.text()).toContain('cartledger_ingest_lag_records{partition="0"} 80\n');
  expect(await headroom()).toBe('0.2');
  // Retention has passed it, and then removed everything.
  state.lag = { partition: 0, earliest: 150n, end: 200n };
  await tick();
  expect(await headroom()).toBe('0');
  state.lag = { partition: 0, earliest: 200n, end: 200n };
  await tick();
  expect(await headroom()).toBe('0');
  state.progress = { position: 200n, busy: false, owesCommit: false };
  await tick();
  expect(await headroom()).toBe('1');
});

test('of a log that ends before what was taken in of it nothing is claimed', async () => {
  const { state, metrics, tick } = setUp();
  await tick();
  const lag = async () => (await metrics.registry.getSingleMetric('cartledger_ingest_lag_records')?.get())?.values;
  state.now += 1_000;
  state.lag = { partition: 0, earliest: 0n, end: 8n };
  expect(await tick()).toEqual([]);
  expect(state.reports).toEqual([row(10n, 100_000)]);
  expect(await lag()).toEqual([]);
});

test('what is taken in while the end of the log is asked for makes it no shorter', async () => {
  const { state, tick } = setUp();
  state.onOffsets = () => {
    state.progress = { ...state.progress, position: 12n };
  };
  await tick();
  expect(state.reports).toEqual([row(12n, 100_000)]);
});
