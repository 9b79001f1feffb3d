import type { LogRecord } from '@cartledger/event-log';
import { MAX_AHEAD_MS } from '@cartledger/events';
import type { Batch } from './batcher.ts';
import type { Desk } from './desks.ts';
import { orderOf } from './scan/order.ts';
import type { RowSet } from './scan/rows.ts';
import type { Rejected, Taken, Unknown } from './take-in.ts';

export type BatchReaderDeps = {
  /** The slow way, which knows reasons. */
  takeIn: (record: LogRecord) => Taken;
  /** Whether some of these offsets are for `takeIn` alone to judge: then all of the batch is. */
  isGuarded?: (partition: number, first: bigint, last: bigint) => boolean;
  /** Resolves when the directory knows every store of that moment. */
  freshStores: (moment: number, signal: AbortSignal) => Promise<void>;
  now: () => number;
};

/** Records read before other work, heartbeats among it, gets its turn. */
const RECORDS_A_TURN = 500;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Every record of a batch becomes a row on the desk or a rejection. Plainly good events go from their bytes into the rows
 * (scan/); all others are parsed and judged one by one. Rejects by the signal, or as `freshStores` does.
 */
export const createReadBatch =
  ({ takeIn, isGuarded = () => false, freshStores, now }: BatchReaderDeps) =>
  async (desk: Desk, batch: Batch, signal: AbortSignal): Promise<{ accepted: RowSet; rejected: Rejected[] }> => {
    const { rows, knownStores, scanner, slowRows } = desk;
    const rejected: Rejected[] = [];
    const unknown: { taken: Unknown; record: number }[] = [];
    const { chunks, partition } = batch.records;

    const judge = (taken: Taken, record: number): void => {
      if (taken.outcome === 'accepted') slowRows.add(taken, record, knownStores.numberOf(taken.event.store_id));
      else if (taken.outcome === 'rejected') rejected.push(taken);
      else unknown.push({ taken, record });
    };

    const mayScan = !isGuarded(partition, batch.records.offsetAt(0), batch.records.offsetAt(-1));
    let latest = now() + MAX_AHEAD_MS;
    let record = 0;
    for (const chunk of chunks) {
      scanner.begin(chunk, rows.sources.push(chunk.bytes) - 1);
      for (let index = 0; index < chunk.length; index += 1, record += 1) {
        if (record % RECORDS_A_TURN === RECORDS_A_TURN - 1) {
          await turn();
          latest = now() + MAX_AHEAD_MS;
        }
        const isScanned = mayScan && scanner.scan(index, record, latest);
        if (!isScanned) judge(takeIn(chunk.at(index)), record);
      }
    }
    if (unknown.length > 0) {
      // A store may have been created a moment ago; nobody is turned away by a directory older than the record.
      await freshStores(batch.arrivedAt, signal);
      for (const { taken, record: number } of unknown.splice(0)) judge(takeIn(taken.record), number);
      for (const { taken } of unknown) rejected.push({ ...taken, outcome: 'rejected' });
    }
    return { accepted: { rows, order: orderOf(rows) }, rejected };
  };
