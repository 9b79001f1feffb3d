import { expect, test } from 'vitest';
import type { LogRecord } from './port.ts';
import { packRecords, RECORD_SPAN, SPAN } from './records.ts';

const record = (offset: bigint, fields: Partial<LogRecord> = {}): LogRecord => ({
  partition: 2,
  offset,
  timestamp: 1_700_000_000_000,
  key: Buffer.from(`key-${offset}`),
  value: Buffer.from(`value-${offset}`),
  headers: {},
  ...fields,
});

const given: LogRecord[] = [
  record(10n, { headers: { 'received-at': Buffer.from('123'), empty: Buffer.alloc(0) } }),
  record(11n, { key: null, value: null, timestamp: 1_600_000_000_000 }),
  record(15n, { key: Buffer.alloc(0), value: Buffer.alloc(0), timestamp: 1_800_000_000_001 }),
  record(16n, { headers: { [`name ü ${'x'.repeat(200)}`]: Buffer.alloc(300, 1) } }),
];

test('packed records are the records they were made of', () => {
  const records = packRecords(given);
  expect([...records]).toEqual(given);
  expect(records).toHaveLength(4);
  expect(given.map((_, index) => records.at(index))).toEqual(given);
  expect(records.at(-1)).toEqual(given[3]);
  expect(given.map((_, index) => records.offsetAt(index))).toEqual([10n, 11n, 15n, 16n]);
  expect(given.map((_, index) => records.timestampAt(index))).toEqual(given.map(({ timestamp }) => timestamp));
});

test('spans say where in the buffer a record lies, and -1 what is null', () => {
  const { bytes, spans, baseOffset } = packRecords(given);
  expect(spans).toHaveLength(given.length * RECORD_SPAN);
  const textOf = (index: number, from: number, to: number) =>
    bytes.toString('utf8', spans[index * RECORD_SPAN + from], spans[index * RECORD_SPAN + to]);
  expect(textOf(0, SPAN.keyStart, SPAN.keyEnd)).toBe('key-10');
  expect(textOf(0, SPAN.valueStart, SPAN.valueEnd)).toBe('value-10');
  expect(spans[RECORD_SPAN + SPAN.keyStart]).toBe(-1);
  expect(spans[RECORD_SPAN + SPAN.valueStart]).toBe(-1);
  expect(baseOffset + BigInt(spans[2 * RECORD_SPAN + SPAN.offset] ?? 0)).toBe(15n);
});

test('a header is found by its name without making the others', () => {
  const records = packRecords(given);
  expect(records.headerAt(0, 'received-at')).toEqual(Buffer.from('123'));
  expect(records.headerAt(0, 'empty')).toEqual(Buffer.alloc(0));
  expect(records.headerAt(0, 'received')).toBeNull();
  expect(records.headerAt(1, 'received-at')).toBeNull();
});

test('a slice is a view of the same buffer, and what lies outside throws', () => {
  const records = packRecords(given);
  const slice = records.slice(1, 3);
  expect([...slice]).toEqual(given.slice(1, 3));
  expect(slice.bytes).toBe(records.bytes);
  expect([...slice.slice(1, 99)]).toEqual([given[2]]);
  expect(slice.slice(2, 1)).toHaveLength(0);
  for (const index of [2, -3, Number.NaN, 0.5]) {
    expect(() => slice.at(index)).toThrow(RangeError);
    expect(() => slice.offsetAt(index)).toThrow(RangeError);
  }
  expect([...packRecords([])]).toEqual([]);
});
