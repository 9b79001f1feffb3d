import { AT, CODEC_MASK, CONTROL, LOG_APPEND_TIME, MAGIC, PREFIX_BYTES, TRANSACTIONAL } from './layout.ts';

export type BatchHeader = {
  /** Where in the record set the batch begins and ends. */
  start: number;
  end: number;
  baseOffset: bigint;
  /** Kept by compaction even when the last record, or every record, was removed. */
  lastOffset: bigint;
  codec: number;
  control: boolean;
  transactional: boolean;
  /** ms UTC; a record's own time is told as the distance from it. */
  baseTimestamp: number;
  /** ms UTC: the time of every record, when the log sets it. */
  appendTime: number | null;
  producerId: bigint;
  count: number;
};

/**
 * Reads the header of the batch that begins at `start`; null when the rest is not a whole batch: a fetch cuts off where
 * its limit of bytes is. Throws RangeError on what is no batch.
 */
function readBatchHeader(set: Buffer, start: number): BatchHeader | null {
  if (set.length - start <= AT.magic) {
    return null;
  }
  const magic = set.readInt8(start + AT.magic);
  if (magic !== MAGIC) {
    throw new RangeError(`message format ${magic}: Cartledger reads format 2, which is Kafka's own since 0.11`);
  }
  const length = set.readInt32BE(start + AT.length);
  if (length < AT.records - PREFIX_BYTES) {
    throw new RangeError(`a record batch of ${length} bytes`);
  }
  const end = start + PREFIX_BYTES + length;
  if (end > set.length) {
    return null;
  }
  const attributes = set.readInt16BE(start + AT.attributes);
  const baseOffset = set.readBigInt64BE(start + AT.baseOffset);
  const lastOffsetDelta = set.readInt32BE(start + AT.lastOffsetDelta);
  if (baseOffset < 0n || lastOffsetDelta < 0) {
    throw new RangeError(`a record batch of the offsets ${baseOffset} and ${lastOffsetDelta} more`);
  }
  const appendTime = (attributes & LOG_APPEND_TIME) !== 0;
  return {
    start,
    end,
    baseOffset,
    lastOffset: baseOffset + BigInt(lastOffsetDelta),
    codec: attributes & CODEC_MASK,
    control: (attributes & CONTROL) !== 0,
    transactional: (attributes & TRANSACTIONAL) !== 0,
    baseTimestamp: Number(set.readBigInt64BE(start + AT.baseTimestamp)),
    appendTime: appendTime ? Number(set.readBigInt64BE(start + AT.maxTimestamp)) : null,
    producerId: set.readBigInt64BE(start + AT.producerId),
    count: set.readInt32BE(start + AT.count),
  };
}

/** The whole batches of a record set, in offset order. Throws RangeError when there is something else in it. */
export function* batchesOf(set: Buffer): Generator<BatchHeader, void, undefined> {
  let last = -1n;
  for (let batch = readBatchHeader(set, 0); batch !== null; batch = readBatchHeader(set, batch.end)) {
    if (batch.baseOffset <= last) {
      throw new RangeError(`a record batch from offset ${batch.baseOffset} behind offset ${last}`);
    }
    last = batch.lastOffset;
    yield batch;
  }
}
