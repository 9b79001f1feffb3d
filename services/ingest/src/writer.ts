import { type Block, type ClickHouse, ClickHouseError, type Schema } from '@cartledger/clickhouse';
import { type Hasher, rejection } from '@cartledger/events';
import type { Desk } from './desks.ts';
import { EVENT_COLUMNS } from './event-row.ts';
import type { IngestMetrics } from './metrics.ts';
import type { RecordRun } from './record-run.ts';
import { type RetryOptions, retry } from './retry.ts';
import { INT, NUMBER, ROW_INTS, ROW_NUMBERS, type RowSet, type Rows } from './scan/rows.ts';
import type { Rejected } from './take-in.ts';
import { encodeTouches, TOUCH_COLUMNS } from './touches.ts';
import type { Waiting } from './waiting.ts';

/** Writes to the store, waiting as long as it takes; rejects only by its signal. */
export type Writer = {
  /**
   * Writes the rows, which are of `records`, and answers which have landed, and what the store refuses in any company:
   * nothing else is missing.
   */
  writeEvents(
    desk: Desk,
    accepted: RowSet,
    records: RecordRun,
    topicEpoch: string,
    signal: AbortSignal,
  ): Promise<{ landed: RowSet; refused: Rejected[] }>;
  /**
   * Goes on when the assignment has ended meanwhile: should the topic have been made anew, nobody else reads the records
   * whose rows have landed.
   */
  writeTouches(desk: Desk, batchId: string, landed: RowSet): Promise<void>;
};

const isRefusal = (error: unknown): error is ClickHouseError => error instanceof ClickHouseError && error.refusedData;

const recordOf = (rows: Rows, row: number): number => rows.ints[row * ROW_INTS + INT.record] ?? 0;

const refusalOf = (rows: Rows, row: number, records: RecordRun): Rejected => ({
  outcome: 'rejected',
  record: records.at(recordOf(rows, row)),
  rejection: rejection('store_refused', ''),
  store_id: rows.stores[rows.ints[row * ROW_INTS + INT.store] ?? 0] ?? '',
  received_at: rows.numbers[row * ROW_NUMBERS + NUMBER.received_at] ?? 0,
});

export const createWriter = ({
  clickhouse,
  hasher,
  metrics,
  waiting,
  backoffMs,
  life,
}: {
  clickhouse: Pick<ClickHouse, 'insertNative'>;
  hasher: Hasher;
  metrics: IngestMetrics;
  waiting: Waiting;
  backoffMs: (attempt: number) => number;
  /** Ends with the process's work, not with an assignment. */
  life: AbortSignal;
}): Writer => {
  const insert = (
    table: 'events' | 'touches',
    columns: Schema,
    block: Block,
    options: Pick<RetryOptions, 'signal' | 'onFailure'>,
  ): Promise<void> =>
    retry(
      async () => {
        const done = metrics.insertSeconds.startTimer({ table });
        await clickhouse.insertNative(table, columns, block);
        done();
      },
      // A wrong schema or a missing right is waited out: it is not the data's fault, and somebody will mend it. So is a slow
      // store, which gets the whole again and more time: parts of it would not be answered sooner, and load it more.
      { backoffMs, isFinal: isRefusal, ...options },
    );

  const writeEvents: Writer['writeEvents'] = async (desk, { rows, order }, records, topicEpoch, signal) => {
    /** Writes rows of the batch; answers those that the store refuses in any company. */
    const write = async (some: Int32Array, onFailure: RetryOptions['onFailure']): Promise<number[]> => {
      if (some.length === 0) return [];
      const block = await desk.eventBlocks.encode(rows, some, topicEpoch, records.partition);
      try {
        await insert('events', EVENT_COLUMNS, block, { signal, onFailure });
        return [];
      } catch (error) {
        if (!isRefusal(error)) throw error;
        if (some.length === 1) return [...some];
      }
      // Halves go on being halved until the refused row is alone; the others land.
      metrics.bisections.inc();
      const middle = Math.ceil(some.length / 2);
      const first = await write(some.subarray(0, middle), onFailure);
      return [...first, ...(await write(some.subarray(middle), onFailure))];
    };

    const refused = await waiting.during('events', (onFailure) => write(order, onFailure));
    if (refused.length === 0) return { landed: { rows, order }, refused: [] };
    const missing = new Set(refused);
    return {
      landed: { rows, order: order.filter((row) => !missing.has(row)) },
      refused: refused
        .sort((a, b) => recordOf(rows, a) - recordOf(rows, b))
        .map((row) => refusalOf(rows, row, records)),
    };
  };

  const writeTouches: Writer['writeTouches'] = async (desk, batchId, landed) => {
    if (landed.order.length === 0) return;
    const block = encodeTouches(desk.touchEncoder, batchId, landed, hasher);
    await waiting.during('touches', (onFailure) =>
      insert('touches', TOUCH_COLUMNS, block, { signal: life, onFailure }),
    );
  };

  return { writeEvents, writeTouches };
};
