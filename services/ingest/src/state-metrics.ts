import { type ClickHouse, defineQuery, integer } from '@cartledger/clickhouse';
import type { Metrics } from '@cartledger/service';
import { z } from 'zod';
import type { AssignedPartition } from './readiness.ts';
import type { Waiting } from './waiting.ts';

const mostParts = defineQuery({
  name: 'most_parts',
  sql: `SELECT table, max(parts) AS parts FROM (
      SELECT table, partition_id, count() AS parts FROM system.parts
      WHERE active AND database = currentDatabase() AND table IN {tables:Array(String)}
      GROUP BY table, partition_id
    ) GROUP BY table`,
  params: z.object({ tables: z.array(z.string()) }),
  row: z.object({ table: z.string(), parts: integer }),
});

const TABLES = ['events', 'touches', 'intake'];
/** A scrape does not wait longer for ClickHouse, and asks no more often. */
const PARTS_WITHIN_MS = 1_000;
const PARTS_EVERY_MS = 10_000;

/** Metrics that are read at each scrape: states, not counts. */
export const registerStateMetrics = (
  {
    metrics,
    clickhouse,
    waiting,
    now,
  }: { metrics: Metrics; clickhouse: Pick<ClickHouse, 'query'>; waiting: Pick<Waiting, 'longest'>; now: () => number },
  { maxBytesInFlight }: { maxBytesInFlight: number },
): void => {
  metrics
    .gauge('cartledger_ingest_max_bytes_in_flight', 'Bytes in flight at which reading is paused')
    .set(maxBytesInFlight);

  metrics.gauge(
    'cartledger_ingest_waiting_seconds',
    'How long the longest present wait for a store has lasted; absent while there is none',
    ['step'],
    (gauge) => {
      gauge.reset();
      const wait = waiting.longest();
      if (wait !== null) gauge.set({ step: wait.step }, (now() - wait.since) / 1_000);
    },
  );

  let askedAt = Number.NEGATIVE_INFINITY;
  metrics.gauge(
    'cartledger_ingest_store_parts',
    'Active parts in the partition of a table that has the most; ClickHouse refuses inserts beyond its own limit',
    ['table'],
    async (gauge) => {
      if (now() - askedAt < PARTS_EVERY_MS) return;
      askedAt = now();
      const answered = clickhouse.query(mostParts, { tables: TABLES }).then(
        (rows) => {
          for (const { table, parts } of rows) gauge.set({ table }, parts);
        },
        // One that does not answer is waited for, and shown, elsewhere; old figures would look like present ones.
        () => gauge.reset(),
      );
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, PARTS_WITHIN_MS);
      await Promise.race([answered, late]);
      clearTimeout(timer);
    },
  );
};

/** What each partition of this worker is at, and whether an operator holds them all. */
export const registerPartitionMetrics = ({
  metrics,
  partitions,
  isHeld,
}: {
  metrics: Metrics;
  partitions: () => readonly AssignedPartition[];
  isHeld: () => boolean;
}): void => {
  metrics.gauge(
    'cartledger_ingest_partition_state',
    '1 for the state that a partition of this worker is in: reading, waiting or blocked',
    ['partition', 'state'],
    (gauge) => {
      gauge.reset();
      for (const { partition, state } of partitions())
        gauge.set({ partition: String(partition), state: state.name }, 1);
    },
  );
  metrics.gauge('cartledger_ingest_drained', '1 while an order to drain stands: nothing is fetched', [], (gauge) =>
    gauge.set({}, isHeld() ? 1 : 0),
  );
};
