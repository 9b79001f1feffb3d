import { type Block, type ClickHouse, createBlockEncoder, defineQuery, integer } from '@cartledger/clickhouse';
import { z } from 'zod';
import { type Count, combine } from './measures.ts';
import type { IngestMetrics } from './metrics.ts';
import { retry } from './retry.ts';
import type { Waiting } from './waiting.ts';

/** The columns of table `intake`. */
export const INTAKE_COLUMNS = [
  { name: 'store_id', type: 'LowCardinality(String)' },
  { name: 'quarter', type: "DateTime64(3, 'UTC')" },
  { name: 'measure', type: 'LowCardinality(String)' },
  { name: 'log_epoch', type: 'LowCardinality(String)' },
  { name: 'log_partition', type: 'UInt32' },
  { name: 'generation', type: 'UInt64' },
  { name: 'first_offset', type: 'UInt64' },
  { name: 'batch_offset', type: 'UInt64' },
  { name: 'counted_before', type: 'UInt64' },
  { name: 'counted', type: 'UInt64' },
] as const;

/** The columns of table `intake_runs`. */
export const RUN_COLUMNS = [
  { name: 'log_epoch', type: 'LowCardinality(String)' },
  { name: 'log_partition', type: 'UInt32' },
  { name: 'generation', type: 'UInt64' },
  { name: 'start_offset', type: 'UInt64' },
] as const;

export const lastGeneration = defineQuery({
  name: 'last_intake_generation',
  sql: `SELECT max(generation) AS generation FROM intake_runs
    WHERE log_epoch = {log_epoch:String} AND log_partition = {log_partition:UInt32}`,
  params: z.object({ log_epoch: z.string(), log_partition: z.number() }),
  row: z.object({ generation: integer }),
});

/** The counts of one partition for the time of one assignment: see the table `intake` for why they are exact. */
export type Tally = {
  /** Writes the counts of the batch that begins at `batchOffset`, waiting as long as it takes; rejects only by the signal. */
  write(counts: readonly Count[], batchOffset: bigint, signal: AbortSignal): Promise<void>;
  /** What became of the commit of the batch written last; `sure`: the log has acknowledged it. */
  committed(sure: boolean): void;
};

type Row = { firstOffset: bigint; batchOffset: bigint; before: number; last: number };

/** Rows remembered; beyond it new ones are begun, which costs the table a row each and no count. */
const MAX_ROWS = 10_000;

export const createTally = (
  {
    clickhouse,
    metrics,
    waiting,
    backoffMs,
    now,
  }: {
    clickhouse: Pick<ClickHouse, 'insertNative' | 'query'>;
    metrics: IngestMetrics;
    waiting: Waiting;
    backoffMs: (attempt: number) => number;
    now: () => number;
  },
  {
    topicEpoch,
    partition,
    serverChecked,
    life,
    readFrom,
  }: {
    topicEpoch: string;
    partition: number;
    /** Nothing is asked of the store before. */
    serverChecked: Promise<void>;
    /** Ends with the process's work, not with the assignment. */
    life: AbortSignal;
    /**
     * The offset from which the run takes everything in; default: that of its first batch. What stood between them is
     * gone from the log, and an earlier run's uncommitted batch that reaches over it is counted here again.
     */
    readFrom?: bigint | undefined;
  },
): Tally => {
  const encoder = createBlockEncoder(INTAKE_COLUMNS);
  const rows = new Map<string, Row>();

  const persist = <T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> =>
    waiting.during('intake', (onFailure) => retry(work, { backoffMs, signal, isFinal: () => false, onFailure }));

  const partitionOfLog = { log_epoch: topicEpoch, log_partition: partition };
  const assignedAt = now();
  // At the assignment, not at the first batch: one that is written late must not come after its successor.
  const reserve = async (): Promise<number> => {
    const [last] = await clickhouse.query(lastGeneration, partitionOfLog);
    return Math.max(assignedAt, (last?.generation ?? 0) + 1);
  };
  const generation = serverChecked.then(() => persist(reserve, life));
  // A rejection is handled where batches await it; there may be none.
  generation.catch(() => {});
  let isBegun = false;

  const begin = async (generation: number, start_offset: bigint): Promise<void> => {
    await clickhouse.insertNative('intake_runs', RUN_COLUMNS, [{ ...partitionOfLog, generation, start_offset }]);
    isBegun = true;
  };

  /** The row of this count after the batch; what the batch before it brought is committed by now. */
  const advance = ({ store_id, quarter, measure, n }: Count, batchOffset: bigint): Row => {
    const key = `${measure} ${quarter} ${store_id}`;
    const row = rows.get(key) ?? { firstOffset: batchOffset, batchOffset, before: 0, last: 0 };
    row.before = combine(measure, row.before, row.last);
    row.last = n;
    row.batchOffset = batchOffset;
    rows.set(key, row);
    return row;
  };

  const blockOf = (counts: readonly Count[], batchOffset: bigint, generation: number): Block => {
    for (const count of counts) {
      const row = advance(count, batchOffset);
      encoder.append({
        store_id: count.store_id,
        quarter: count.quarter,
        measure: count.measure,
        log_epoch: topicEpoch,
        log_partition: partition,
        generation,
        first_offset: row.firstOffset,
        batch_offset: batchOffset,
        counted_before: row.before,
        counted: row.last,
      });
    }
    return encoder.finish();
  };

  return {
    write: async (counts, batchOffset, signal) => {
      // Before the first row: a reader who sees this run's rows has to know from where on it counts again.
      const own = await generation;
      if (!isBegun) await persist(() => begin(own, readFrom ?? batchOffset), signal);
      const block = blockOf(counts, batchOffset, own);
      await persist(async () => {
        const done = metrics.insertSeconds.startTimer({ table: 'intake' });
        await clickhouse.insertNative('intake', INTAKE_COLUMNS, block);
        done();
      }, signal);
    },
    committed: (sure) => {
      if (!sure || rows.size > MAX_ROWS) rows.clear();
    },
  };
};
