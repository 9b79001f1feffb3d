import { type Cursor, readVarint, sizeOfVarint, writeVarint } from './varint.ts';

/*
 * Headers as in Kafka's record format v2 ("Record Header"): a varint count, then for each header the varint length of
 * its name, the name (UTF-8), the varint length of its value (-1: null) and the value.
 */

const EMPTY = Buffer.alloc(0);

export type Header = readonly [name: Buffer, value: Buffer];

export const toHeaders = (headers: Readonly<Record<string, string | Buffer>> = {}): Header[] =>
  Object.entries(headers).map(([name, value]) => [
    Buffer.from(name),
    typeof value === 'string' ? Buffer.from(value) : value,
  ]);

/** Bytes that `writeHeaders` takes. */
export function sizeOfHeaders(headers: readonly Header[]): number {
  let size = sizeOfVarint(headers.length);
  for (const [name, value] of headers) {
    size += sizeOfVarint(name.length) + name.length + sizeOfVarint(value.length) + value.length;
  }
  return size;
}

/** Writes the headers; answers where the next byte goes. */
export function writeHeaders(bytes: Uint8Array, at: number, headers: readonly Header[]): number {
  let next = writeVarint(bytes, at, headers.length);
  for (const header of headers) {
    for (const part of header) {
      next = writeVarint(bytes, next, part.length);
      bytes.set(part, next);
      next += part.length;
    }
  }
  return next;
}

/** The end of a name or value that begins at the cursor with its length; the cursor stands where its bytes begin. */
function endOfPart(bytes: Uint8Array, cursor: Cursor, end: number, least: -1 | 0): number {
  const size = readVarint(bytes, cursor);
  const stop = cursor.at + Math.max(size, 0);
  if (size < least || stop > end) {
    throw new RangeError('a header goes beyond its record');
  }
  return stop;
}

/** Moves the cursor behind the headers it stands before. Throws RangeError when they are none, or go beyond `end`. */
export function skipHeaders(bytes: Uint8Array, cursor: Cursor, end: number): void {
  const count = readVarint(bytes, cursor);
  if (count < 0) {
    throw new RangeError(`a record with ${count} headers`);
  }
  for (let left = count; left > 0; left--) {
    cursor.at = endOfPart(bytes, cursor, end, 0);
    cursor.at = endOfPart(bytes, cursor, end, -1);
  }
}

/** Of a header given several times the last counts, as with Kafka's own `lastHeader`; a null value counts as empty. */
export function readHeaders(bytes: Buffer, start: number, end: number): Record<string, Buffer> {
  const cursor = { at: start };
  const count = readVarint(bytes, cursor);
  if (count === 0) {
    return {};
  }
  const entries: [string, Buffer][] = [];
  for (let left = count; left > 0; left--) {
    const nameEnd = endOfPart(bytes, cursor, end, 0);
    const name = bytes.toString('utf8', cursor.at, nameEnd);
    cursor.at = nameEnd;
    const valueEnd = endOfPart(bytes, cursor, end, -1);
    entries.push([name, bytes.subarray(cursor.at, valueEnd)]);
    cursor.at = valueEnd;
  }
  return Object.fromEntries(entries); // not by assignment: a header may be named __proto__
}

/** The value `readHeaders` would give for this name, made without the others; null when there is no such header. */
export function findHeader(bytes: Buffer, start: number, end: number, name: Buffer): Buffer | null {
  const cursor = { at: start };
  let found: Buffer | null = null;
  for (let left = readVarint(bytes, cursor); left > 0; left--) {
    const nameEnd = endOfPart(bytes, cursor, end, 0);
    const nameStart = cursor.at;
    cursor.at = nameEnd;
    const valueEnd = endOfPart(bytes, cursor, end, -1);
    if (nameEnd - nameStart === name.length && bytes.compare(name, 0, name.length, nameStart, nameEnd) === 0) {
      found = cursor.at === valueEnd ? EMPTY : bytes.subarray(cursor.at, valueEnd);
    }
    cursor.at = valueEnd;
  }
  return found;
}
