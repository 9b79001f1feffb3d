import { readVarint, readVarlong } from '../../varint.ts';
import type { BatchHeader } from './header.ts';
import { AT } from './layout.ts';

/** A transaction of a fetch answer that was aborted: its producer, and the offset it begins at. */
export type AbortedTransaction = { producerId: bigint; firstOffset: bigint };

const ABORT = 0;

/**
 * Tells batch by batch, in offset order, whether a batch holds records to be read, as Kafka's own consumer does: no
 * control batch does, and none of a producer's from the offset on at which an aborted transaction of it begins until
 * the marker that ends it.
 */
export function createTransactionFilter(
  set: Buffer,
  transactions: readonly AbortedTransaction[],
): (batch: BatchHeader) => boolean {
  const ahead = transactions.toSorted((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  const abortedNow = new Set<bigint>();
  return (batch) => {
    for (let first = ahead[0]; first && first.firstOffset <= batch.lastOffset; first = ahead[0]) {
      abortedNow.add(first.producerId);
      ahead.shift();
    }
    if (batch.control && isAbortMarker(set, batch)) {
      abortedNow.delete(batch.producerId);
    }
    return !batch.control && !(batch.transactional && abortedNow.has(batch.producerId));
  };
}

/** A control batch has one record, or none after compaction; its key is a version and a type, 16 bits each. */
function isAbortMarker(set: Buffer, { start, end, count }: BatchHeader): boolean {
  if (count !== 1) {
    return false;
  }
  const cursor = { at: start + AT.records };
  readVarint(set, cursor); // length
  cursor.at += 1; // attributes
  readVarlong(set, cursor); // timestamp
  readVarint(set, cursor); // offset
  const keyBytes = readVarint(set, cursor);
  return keyBytes >= 4 && cursor.at + keyBytes <= end && set.readInt16BE(cursor.at + 2) === ABORT;
}
