import type { LogRecord } from '../port.ts';

/** What kafkajs decodes of a fetch answer, as far as it is used here. */
type FetchedMessage = {
  offset: string;
  timestamp: string;
  key: Buffer | null;
  value: Buffer | null;
  headers?: Record<string, Buffer | string | null | (Buffer | string | null)[]>;
  isControlRecord?: boolean;
  /** Absent in the message format of before Kafka 0.11. */
  batchContext?: { firstOffset: string; lastOffsetDelta: number; producerId: string; inTransaction: boolean };
};

export type FetchedPartition = {
  partition: number;
  highWatermark: string;
  lastStableOffset: string;
  abortedTransactions: { producerId: string; firstOffset: string }[];
  messages: FetchedMessage[];
};

const ABORT = 0;

/**
 * The records of a fetch answer that are there to be read from `position` on: no control records, nothing of aborted
 * transactions, nothing a batch holds below the position. `next` is where to go on: behind everything seen, be it
 * readable or not, for control records and compaction leave gaps.
 */
export function readable(fetched: FetchedPartition, position: bigint): { records: LogRecord[]; next: bigint } {
  const records: LogRecord[] = [];
  let next = position;
  const aborted = fetched.abortedTransactions
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset: BigInt(firstOffset) }))
    .sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  const abortedNow = new Set<string>();

  for (const message of fetched.messages) {
    const offset = BigInt(message.offset);
    const { batchContext: batch } = message;
    const batchEnd = batch ? BigInt(batch.firstOffset) + BigInt(batch.lastOffsetDelta) + 1n : offset + 1n;
    next = batchEnd > next ? batchEnd : next;
    for (let first = aborted[0]; first && first.firstOffset <= offset; first = aborted[0]) {
      abortedNow.add(first.producerId);
      aborted.shift();
    }
    if (message.isControlRecord) {
      if (batch && message.key && message.key.length >= 4 && message.key.readInt16BE(2) === ABORT) {
        abortedNow.delete(batch.producerId);
      }
    } else if (offset >= position && !(batch?.inTransaction && abortedNow.has(batch.producerId))) {
      records.push({
        partition: fetched.partition,
        offset,
        timestamp: Number(message.timestamp),
        key: message.key,
        value: message.value,
        headers: toHeaders(message.headers),
      });
    }
  }
  return { records, next };
}

/** Of a header given several times the last counts, as with Kafka's own `lastHeader`. */
function toHeaders(headers: FetchedMessage['headers']): Record<string, Buffer> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, given]) => {
      const value = Array.isArray(given) ? given.at(-1) : given;
      return [name, Buffer.from(value ?? '')];
    }),
  );
}
