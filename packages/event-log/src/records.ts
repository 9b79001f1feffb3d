import type { LogRecord, Records } from './port.ts';
import { findHeader, readHeaders, sizeOfHeaders, toHeaders, writeHeaders } from './record-headers.ts';

/** Numbers a record has in `Records.spans`. */
export const RECORD_SPAN = 9;

/** Which of the numbers is what; starts and ends count bytes of `Records.bytes`. */
export const SPAN = {
  /** offset - baseOffset */
  offset: 0,
  /** timestamp - baseTimestamp in ms: the lower 32 bits of its two's complement, then the upper ones */
  timestampLow: 1,
  timestampHigh: 2,
  /** -1: the key is null */
  keyStart: 3,
  keyEnd: 4,
  /** -1: the value is null */
  valueStart: 5,
  valueEnd: 6,
  /** The headers as in Kafka's record format v2, their count included. */
  headersStart: 7,
  headersEnd: 8,
} as const;

const TWO_32 = 2 ** 32;

/** What `Records` are made of. */
export type RecordsParts = {
  partition: number;
  bytes: Buffer;
  spans: Int32Array;
  baseOffset: bigint;
  baseTimestamp: number;
};

/** Records that lie in `bytes` where `spans` says. Nothing is copied or checked. */
export function createRecords(parts: RecordsParts): Records {
  const { partition, bytes, spans, baseOffset, baseTimestamp } = parts;
  const length = spans.length / RECORD_SPAN;
  let asked = { name: '', bytes: Buffer.alloc(0) };

  /** The place in `spans` of a record; a negative index counts from the end. */
  function placeOf(index: number): number {
    const place = index < 0 ? index + length : index;
    if (!(place >= 0 && place < length && Number.isInteger(place))) {
      throw new RangeError(`record ${index} of ${length}`);
    }
    return place * RECORD_SPAN;
  }

  const number = (place: number): number => spans[place] ?? -1;

  function part(start: number, end: number): Buffer | null {
    return start < 0 ? null : bytes.subarray(start, end);
  }

  const offsetIn = (place: number) => baseOffset + BigInt(number(place + SPAN.offset));
  const timestampIn = (place: number) =>
    baseTimestamp + number(place + SPAN.timestampHigh) * TWO_32 + (number(place + SPAN.timestampLow) >>> 0);

  const recordIn = (place: number): LogRecord => ({
    partition,
    offset: offsetIn(place),
    timestamp: timestampIn(place),
    key: part(number(place + SPAN.keyStart), number(place + SPAN.keyEnd)),
    value: part(number(place + SPAN.valueStart), number(place + SPAN.valueEnd)),
    headers: readHeaders(bytes, number(place + SPAN.headersStart), number(place + SPAN.headersEnd)),
  });

  return {
    length,
    partition,
    bytes,
    spans,
    baseOffset,
    baseTimestamp,
    at: (index) => recordIn(placeOf(index)),
    offsetAt: (index) => offsetIn(placeOf(index)),
    timestampAt: (index) => timestampIn(placeOf(index)),
    headerAt(index, name) {
      const place = placeOf(index);
      if (asked.name !== name) {
        asked = { name, bytes: Buffer.from(name) };
      }
      return findHeader(bytes, number(place + SPAN.headersStart), number(place + SPAN.headersEnd), asked.bytes);
    },
    slice(from, to) {
      const start = Math.max(0, Math.min(from, length));
      const end = Math.max(start, Math.min(to, length));
      return createRecords({ ...parts, spans: spans.subarray(start * RECORD_SPAN, end * RECORD_SPAN) });
    },
    *[Symbol.iterator]() {
      for (let place = 0; place < spans.length; place += RECORD_SPAN) {
        yield recordIn(place);
      }
    },
  };
}

/** Writes a time's distance (ms) into the two numbers it has in `spans`. */
export function putTimestamp(spans: Int32Array, place: number, delta: number): void {
  spans[place + SPAN.timestampLow] = delta; // the array keeps the lower 32 bits
  spans[place + SPAN.timestampHigh] = Math.floor(delta / TWO_32);
}

/** Copies records of one partition, in offset order, into one buffer: for logs that keep them as objects, and tests. */
export function packRecords(records: readonly LogRecord[]): Records {
  const [first] = records;
  const baseOffset = first?.offset ?? 0n;
  const baseTimestamp = first?.timestamp ?? 0;
  const headers = records.map((record) => toHeaders(record.headers));
  let size = 0;
  for (const [index, { key, value }] of records.entries()) {
    size += (key?.length ?? 0) + (value?.length ?? 0) + sizeOfHeaders(headers[index] ?? []);
  }
  const bytes = Buffer.allocUnsafeSlow(size); // not of the shared pool: its length is what it holds
  const spans = new Int32Array(records.length * RECORD_SPAN);
  let at = 0;

  function put(place: number, part: Buffer | null): void {
    spans[place] = part === null ? -1 : at;
    at += part?.copy(bytes, at) ?? 0;
    spans[place + 1] = at;
  }

  for (const [index, { offset, timestamp, key, value }] of records.entries()) {
    const place = index * RECORD_SPAN;
    spans[place + SPAN.offset] = Number(offset - baseOffset);
    putTimestamp(spans, place, timestamp - baseTimestamp);
    put(place + SPAN.keyStart, key);
    put(place + SPAN.valueStart, value);
    spans[place + SPAN.headersStart] = at;
    at = writeHeaders(bytes, at, headers[index] ?? []);
    spans[place + SPAN.headersEnd] = at;
  }
  return createRecords({ partition: first?.partition ?? 0, bytes, spans, baseOffset, baseTimestamp });
}
