import { skipHeaders } from '../../record-headers.ts';
import { putTimestamp, RECORD_SPAN, SPAN } from '../../records.ts';
import { type Cursor, readVarint, readVarlong } from '../../varint.ts';
import type { BatchHeader } from './header.ts';
import { MIN_RECORD_BYTES } from './layout.ts';

/** Spans of records that are being collected, of one batch after the other. */
export type SpanTable = {
  spans: Int32Array;
  /** How many of its numbers are filled. */
  filled: number;
  baseOffset: bigint;
  baseTimestamp: number;
};

/** Throws RangeError when so many records cannot lie in so many bytes: nothing is allocated for what is made up. */
export function checkCount(count: number, bytes: number): void {
  if (count < 0 || count * MIN_RECORD_BYTES > bytes) {
    throw new RangeError(`a record batch of ${count} records in ${bytes} bytes`);
  }
}

/** The end of a key or value that begins at the cursor with its length; -1 when it is null. */
function endOfPart(bytes: Uint8Array, cursor: Cursor, stop: number): number {
  const size = readVarint(bytes, cursor);
  if (size < 0) {
    return -1;
  }
  if (size > stop - cursor.at) {
    throw new RangeError('a key or value goes beyond its record');
  }
  return cursor.at + size;
}

/**
 * Adds the batch's records from `position` on to the table, as they lie in [start, end) of `bytes`, uncompressed. Every
 * record is checked to be whole, its headers too, so that whoever reads by the spans need not. Throws RangeError.
 */
export function decodeRecords(
  bytes: Uint8Array,
  start: number,
  end: number,
  batch: BatchHeader,
  position: bigint,
  table: SpanTable,
): void {
  const { spans, baseOffset, baseTimestamp } = table;
  const firstOffset = Number(batch.baseOffset - baseOffset);
  const skipped = Number(position - batch.baseOffset);
  const lastDelta = Number(batch.lastOffset - batch.baseOffset);
  const firstTime = batch.baseTimestamp - baseTimestamp;
  const cursor: Cursor = { at: start };
  let place = table.filled;
  let previous = -1;
  for (let left = batch.count; left > 0; left--) {
    const length = readVarint(bytes, cursor);
    const stop = cursor.at + length;
    if (length < MIN_RECORD_BYTES - 1 || stop > end) {
      throw new RangeError('a record goes beyond its batch');
    }
    cursor.at += 1; // attributes, without meaning so far
    const time = readVarlong(bytes, cursor);
    const delta = readVarint(bytes, cursor);
    if (delta <= previous || delta > lastDelta) {
      throw new RangeError('the offsets of a record batch do not grow');
    }
    previous = delta;
    const keyEnd = endOfPart(bytes, cursor, stop);
    const keyStart = keyEnd < 0 ? -1 : cursor.at;
    cursor.at = Math.max(cursor.at, keyEnd);
    const valueEnd = endOfPart(bytes, cursor, stop);
    const valueStart = valueEnd < 0 ? -1 : cursor.at;
    cursor.at = Math.max(cursor.at, valueEnd);
    const headersStart = cursor.at;
    skipHeaders(bytes, cursor, stop);
    if (cursor.at !== stop) {
      throw new RangeError('a record is not as long as it says');
    }
    if (delta >= skipped) {
      spans[place + SPAN.offset] = firstOffset + delta;
      putTimestamp(spans, place, batch.appendTime === null ? firstTime + time : batch.appendTime - baseTimestamp);
      spans[place + SPAN.keyStart] = keyStart;
      spans[place + SPAN.keyEnd] = keyEnd;
      spans[place + SPAN.valueStart] = valueStart;
      spans[place + SPAN.valueEnd] = valueEnd;
      spans[place + SPAN.headersStart] = headersStart;
      spans[place + SPAN.headersEnd] = stop;
      place += RECORD_SPAN;
    }
  }
  if (cursor.at !== end) {
    throw new RangeError('a record batch holds more than its records');
  }
  table.filled = place;
}
