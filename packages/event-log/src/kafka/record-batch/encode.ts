import { type Header, sizeOfHeaders, writeHeaders } from '../../record-headers.ts';
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from '../../varint.ts';
import { crc32c } from './crc32c.ts';
import { AT, MAGIC, PREFIX_BYTES } from './layout.ts';

export type RecordToWrite = {
  key: Buffer;
  value: Buffer | null;
  headers: readonly Header[];
  /** ms UTC, a whole number */
  timestamp: number;
};

/** A record batch whose size is known before it is written. */
export type BatchToWrite = {
  readonly size: number;
  /** Writes it at this place of the target. */
  write(target: Buffer, at: number): void;
};

/** What the broker, or a producer with an identity, would fill in. */
const NONE = -1;

/**
 * A record batch of message format 2 with these records in their order: uncompressed, of no transaction and no producer
 * id. The broker gives it its offset.
 */
export function batchOf(records: readonly RecordToWrite[]): BatchToWrite {
  const firstTime = records[0]?.timestamp ?? 0;
  const lengths = new Int32Array(records.length);
  let maxTime = firstTime;
  let size: number = AT.records;
  for (const [index, { key, value, headers, timestamp }] of records.entries()) {
    const length =
      1 + // attributes
      sizeOfVarlong(timestamp - firstTime) +
      sizeOfVarint(index) +
      sizeOfPart(key) +
      sizeOfPart(value) +
      sizeOfHeaders(headers);
    lengths[index] = length;
    size += sizeOfVarint(length) + length;
    maxTime = Math.max(maxTime, timestamp);
  }

  function write(target: Buffer, start: number): void {
    target.writeBigInt64BE(0n, start + AT.baseOffset);
    target.writeInt32BE(size - PREFIX_BYTES, start + AT.length);
    target.writeInt32BE(NONE, start + AT.leaderEpoch);
    target.writeInt8(MAGIC, start + AT.magic);
    target.writeInt16BE(0, start + AT.attributes);
    target.writeInt32BE(records.length - 1, start + AT.lastOffsetDelta);
    target.writeBigInt64BE(BigInt(firstTime), start + AT.baseTimestamp);
    target.writeBigInt64BE(BigInt(maxTime), start + AT.maxTimestamp);
    target.writeBigInt64BE(BigInt(NONE), start + AT.producerId);
    target.writeInt16BE(NONE, start + AT.producerEpoch);
    target.writeInt32BE(NONE, start + AT.baseSequence);
    target.writeInt32BE(records.length, start + AT.count);
    let at = start + AT.records;
    for (const [index, { key, value, headers, timestamp }] of records.entries()) {
      at = writeVarint(target, at, lengths[index] ?? 0);
      target[at++] = 0; // attributes
      at = writeVarlong(target, at, timestamp - firstTime);
      at = writeVarint(target, at, index);
      at = writePart(target, at, key);
      at = writePart(target, at, value);
      at = writeHeaders(target, at, headers);
    }
    target.writeUInt32BE(crc32c(target, start + AT.attributes, start + size), start + AT.crc);
  }

  return { size, write };
}

function sizeOfPart(part: Buffer | null): number {
  return part === null ? 1 : sizeOfVarint(part.length) + part.length;
}

function writePart(target: Buffer, at: number, part: Buffer | null): number {
  if (part === null) {
    return writeVarint(target, at, -1);
  }
  const start = writeVarint(target, at, part.length);
  target.set(part, start);
  return start + part.length;
}
