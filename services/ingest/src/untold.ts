import { bigInteger, type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import { z } from 'zod';
import { retry } from './retry.ts';
import { TOUCH_COLUMNS } from './touches.ts';
import type { Waiting } from './waiting.ts';

const visitor = z.object({ store_id: z.string(), visitor_hash: bigInteger });
type Visitor = z.output<typeof visitor>;

/**
 * Whose rows are of the last records that were written of a partition, and, for the first partition, of those of every
 * partition of earlier topics. Reads three small columns of all rows, twice.
 */
export const visitorsAtEnds = defineQuery({
  name: 'untold.ends',
  sql: `SELECT DISTINCT store_id, visitor_hash
    FROM events
    INNER JOIN (
      SELECT log_epoch, log_partition, max(log_offset) AS last FROM events GROUP BY log_epoch, log_partition
    ) AS ends USING (log_epoch, log_partition)
    WHERE log_offset + {reach:UInt64} > last
      AND if(log_epoch = {log_epoch:String}, log_partition = {log_partition:UInt32}, {log_partition:UInt32} = 0)
    ORDER BY store_id, visitor_hash`,
  params: z.object({ log_epoch: z.string(), log_partition: z.int(), reach: z.int() }),
  row: visitor,
});

/** Whose rows are of the records [from, to). */
export const visitorsOfRange = defineQuery({
  name: 'untold.range',
  sql: `SELECT DISTINCT store_id, visitor_hash FROM events
    WHERE log_epoch = {log_epoch:String} AND log_partition = {log_partition:UInt32}
      AND log_offset >= {from:UInt64} AND log_offset < {to:UInt64}
    ORDER BY store_id, visitor_hash`,
  params: z.object({ log_epoch: z.string(), log_partition: z.int(), from: z.bigint(), to: z.bigint() }),
  row: visitor,
});

/** Visitors of one batch of touches, which land together or not at all. */
const MAX_VISITORS = 20_000;

/**
 * Touches for rows whose records nobody reads again. Killed between its events and its touches, a worker leaves that
 * to the next owner, who reads the records anew, unless retention or the end of a topic took them first: their
 * rows stay, and the aggregator would learn of them from its daily sweep only. What was committed has its touches; so
 * rows without are of the one batch that was in hand, at the end of what was written.
 */
export type Untold = {
  /** Retention took [from, to) before it was read. */
  gap(from: bigint, to: bigint): void;
  /** Rejects by the signal only; nothing may be committed before. */
  told(): Promise<void>;
};

export const createUntold = (
  {
    clickhouse,
    waiting,
    backoffMs,
    newBatchId,
  }: {
    clickhouse: Pick<ClickHouse, 'insertNative' | 'query'>;
    waiting: Waiting;
    backoffMs: (attempt: number) => number;
    newBatchId: () => string;
  },
  {
    topicEpoch,
    partition,
    start,
    reach,
    serverChecked,
    life,
  }: {
    topicEpoch: string;
    partition: number;
    /** `earliest`: nothing is committed of this life of the topic. */
    start: bigint | 'earliest';
    /** How many offsets before its end a batch in hand can have begun at most. */
    reach: number;
    /** Nothing is asked of the store before. */
    serverChecked: Promise<void>;
    /** Ends with the process's work. */
    life: AbortSignal;
  },
): Untold => {
  const where = { log_epoch: topicEpoch, log_partition: partition };

  const touch = async (visitors: readonly Visitor[]): Promise<void> => {
    for (let at = 0; at < visitors.length; at += MAX_VISITORS) {
      const batch_id = newBatchId();
      // What they hang together with the aggregator sees in their events.
      const rows = visitors.slice(at, at + MAX_VISITORS).map((one) => ({ batch_id, ...one, neighbors: [] }));
      await clickhouse.insertNative('touches', TOUCH_COLUMNS, rows);
    }
  };
  const touchEnds = async (): Promise<void> => touch(await clickhouse.query(visitorsAtEnds, { ...where, reach }));
  const touchRange = async (from: bigint, to: bigint): Promise<void> =>
    touch(await clickhouse.query(visitorsOfRange, { ...where, from, to }));

  const persist = async (work: () => Promise<void>): Promise<void> => {
    await serverChecked;
    await waiting.during('touches', (onFailure) =>
      retry(work, { backoffMs, signal: life, isFinal: () => false, onFailure }),
    );
  };

  /** A rejection is handled where batches await it; there may be none. */
  const handled = (work: Promise<void>): Promise<void> => {
    work.catch(() => {});
    return work;
  };
  let pending = handled(start === 'earliest' ? persist(touchEnds) : Promise.resolve());

  return {
    gap: (from, to) => {
      pending = handled(pending.then(() => persist(() => touchRange(from, to))));
    },
    told: () => pending,
  };
};
