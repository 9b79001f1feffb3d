import type { EventLog, LogRecord } from '@cartledger/event-log';
import { createDeadOffsets, type DeadOffsets } from '../audit-dead-letters.ts';
import type { DeadLetters } from '../dead-letters.ts';
import type { RecordRun } from '../record-run.ts';
import { INT, NUMBER, ROW_INTS, ROW_NUMBERS, type RowSet } from '../scan/rows.ts';
import type { Places, Rows } from './rows.ts';
import type { RunPartition } from './run.ts';
import { monthOfTime } from './slices.ts';

type Asked = { epoch: string; partitions: readonly RunPartition[] };

/** What becomes of a record is not decided anew: a dead letter stays one, and what has a row keeps it. */
export type Verdicts = {
  /**
   * Without the rows of records that are dead letters, or not in `young`, and have no row in the present table. What is
   * older than its store keeps has one while its visitor is still heard of: retention knows, its age alone does not.
   * Looked for in the month that the record says: a batch with letters would else read that of all months.
   */
  asPresent(rows: RowSet, young: RowSet, records: RecordRun): Promise<RowSet>;
  /**
   * Of records that today are rejected: those that are no dead letters keep their rows, which are copied; what has
   * neither becomes a dead letter, as every record has to be one of them.
   */
  letters: DeadLetters;
  /** Letters written. */
  readonly written: number;
};

/** Behind every offset. */
const NO_END = 2n ** 63n;

/**
 * Reads the dead-letter topic once for a backfill, then what has come since: partitions are paused while the last batches
 * are taken in. A reading that takes longer than a turn goes on with the next.
 */
export const createLetterReader = (
  log: Pick<EventLog, 'offsets' | 'read'>,
  { topic, deadLettersTopic }: { topic: string; deadLettersTopic: string },
) => {
  let known: { key: string; dead: ReturnType<typeof createDeadOffsets> } | null = null;
  return async ({ epoch, partitions }: Asked, signal: AbortSignal): Promise<DeadOffsets> => {
    const key = JSON.stringify([epoch, partitions.map(({ partition, first }) => [partition, first])]);
    if (known?.key !== key) {
      const ranges = partitions.map(({ partition, first }) => ({ partition, from: BigInt(first), to: NO_END }));
      known = { key, dead: createDeadOffsets(log, { topic, deadLettersTopic, epoch, ranges }) };
    }
    const { dead } = known;
    await dead.readOn(signal);
    return dead;
  };
};

const offsetsIn = (places: Places): Set<bigint> => new Set([...places.values()].flat());

export const createVerdicts = (
  { dead, rows: present, letters }: { dead: DeadOffsets; rows: Rows; letters: DeadLetters },
  { epoch, partition }: { epoch: string; partition: number },
): Verdicts => {
  let written = 0;
  return {
    asPresent: async ({ rows, order }, young, records) => {
      const offsetOf = (row: number): bigint => records.offsetAt(rows.ints[row * ROW_INTS + INT.record] ?? 0);
      const isYoung = new Set(young.order);
      const doubtful = new Map<bigint, string>();
      for (const row of order)
        if (dead.has(partition, offsetOf(row)) || !isYoung.has(row))
          doubtful.set(offsetOf(row), monthOfTime(rows.numbers[row * ROW_NUMBERS + NUMBER.occurred_at] ?? 0));
      if (doubtful.size === 0) return { rows, order };
      const places = Map.groupBy(doubtful.keys(), (offset) => doubtful.get(offset) ?? '');
      const having = offsetsIn(await present.having(epoch, partition, places));
      const stays = (offset: bigint): boolean => !doubtful.has(offset) || having.has(offset);
      return { rows, order: order.filter((row) => stays(offsetOf(row))) };
    },
    letters: {
      write: async (rejected, topicEpoch, signal) => {
        const without = rejected.filter(({ record }) => !dead.has(partition, record.offset));
        if (without.length === 0) return;
        const offsets = without.map(({ record }: { record: LogRecord }) => record.offset);
        const places = await present.having(epoch, partition, await present.anyMonth(offsets));
        await present.copyPlaces(epoch, partition, places);
        const having = offsetsIn(places);
        const neither = without.filter(({ record }) => !having.has(record.offset));
        await letters.write(neither, topicEpoch, signal);
        written += neither.length;
      },
    },
    get written() {
      return written;
    },
  };
};
