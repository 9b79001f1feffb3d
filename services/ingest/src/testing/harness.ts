import type { Control, LogPosition, Store, Tombstone } from '@cartledger/control';
import { createLogger, createMetrics } from '@cartledger/service';
import type { IngestConfig } from '../config.ts';
import { createIngest } from '../ingest.ts';
import type { Ingest, IngestDeps } from '../port.ts';
import { createFakeLog, type FakeLog } from './fake-log.ts';
import { createFakeStore, type FakeStore } from './fake-store.ts';
import { NOW } from './samples.ts';

/** Waits until `what` holds; a test fails after 10 s. */
export const until = async (
  what: () => boolean | Promise<boolean>,
  meanwhile: () => void = () => {},
): Promise<void> => {
  const deadline = performance.now() + 10_000;
  while (!(await what())) {
    if (performance.now() > deadline) throw new Error(`not so after 10 s: ${what}`);
    meanwhile();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
};

type PositionRow = Parameters<Control['positions']['report']>[0][number];

export type Harness = {
  fakeLog: FakeLog;
  store: FakeStore;
  positions: Map<number, LogPosition>;
  storeIds: string[];
  /** Of all stores. */
  retention: { days: number | null };
  tombstones: Tombstone[];
  clock: { now: number };
  start(config?: Partial<IngestConfig>, deps?: Partial<IngestDeps>): Promise<Ingest>;
  /** Hands records over until all of them are taken in and committed. */
  settle(): Promise<void>;
  metric(name: string): Promise<number>;
};

const EVENTS = 'storefront-events';

export const createHarness = (options: { partitions?: number; fetchRecords?: number } = {}): Harness => {
  const fakeLog = createFakeLog(options);
  const store = createFakeStore();
  const positions = new Map<number, LogPosition>();
  const storeIds = ['demo'];
  const retention: Harness['retention'] = { days: null };
  const tombstones: Tombstone[] = [];
  const clock = { now: NOW };
  let metrics = createMetrics();

  const control = {
    stores: {
      list: async () => {
        const definition = { max_age_days: 400, retention_days: retention.days };
        return storeIds.map((store_id) => ({ store_id, definition }) as Store);
      },
    },
    positions: {
      report: async (rows: readonly PositionRow[]) => {
        for (const row of rows)
          if (row.taken_in_up_to >= (positions.get(row.partition)?.taken_in_up_to ?? 0))
            positions.set(row.partition, { ...row, told: row.told ?? null });
      },
      keepOnly: async () => undefined,
      list: async () => [...positions.values()],
    },
    erasures: { tombstones: async (after: number) => tombstones.filter(({ number }) => number > after) },
  };

  return {
    fakeLog,
    store,
    positions,
    storeIds,
    retention,
    tombstones,
    clock,
    start: async (config = {}, deps = {}) => {
      metrics = createMetrics();
      const ingest = createIngest(
        {
          log: fakeLog.log,
          clickhouse: store.clickhouse,
          control,
          logger: createLogger({ component: 'test', level: 'silent' }),
          metrics,
          now: () => clock.now,
          random: () => 0.5,
          ...deps,
        },
        {
          batch: { maxRows: 1_000, maxBytes: 2 ** 20, maxAgeMs: 0 },
          progressMs: 5,
          stores: { refreshMs: 0, minIntervalMs: 0 },
          tombstones: { refreshMs: 0, maxAgeMs: 0 },
          stopGraceMs: 0,
          backoff: { baseMs: 1, maxMs: 5 },
          ...config,
        },
      );
      await ingest.start();
      return ingest;
    },
    settle: () =>
      until(
        async () =>
          (await fakeLog.log.offsets(EVENTS)).every(
            ({ partition, end }) => end === 0n || fakeLog.committed.get(partition)?.offset === end,
          ),
        fakeLog.deliver,
      ),
    metric: async (name) => {
      const metric = await metrics.registry.getSingleMetric(name)?.get();
      return (metric?.values ?? []).reduce((sum, { value }) => sum + value, 0);
    },
  };
};
