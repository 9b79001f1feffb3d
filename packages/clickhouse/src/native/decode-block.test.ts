import { expect, test } from 'vitest';
import { createBlockEncoder } from './block-encoder.ts';
import { decodeBlock } from './decode-block.ts';

const SCHEMA = [
  { name: 'text', type: 'String' },
  { name: 'word', type: 'LowCardinality(String)' },
  { name: 'id', type: 'UUID' },
  { name: 'flag', type: 'Bool' },
  { name: 'u8', type: 'UInt8' },
  { name: 'u16', type: 'UInt16' },
  { name: 'u32', type: 'UInt32' },
  { name: 'u64', type: 'UInt64' },
  { name: 'u128', type: 'UInt128' },
  { name: 'i8', type: 'Int8' },
  { name: 'i16', type: 'Int16' },
  { name: 'i32', type: 'Int32' },
  { name: 'i64', type: 'Int64' },
  { name: 'i128', type: 'Int128' },
  { name: 'day', type: 'Date32' },
  { name: 'at', type: "DateTime64(3, 'UTC')" },
  { name: 'kind', type: "Enum8('journey' = 1, 'cart' = -128, 'order' = 127)" },
  { name: 'maybe', type: 'Nullable(Int64)' },
  { name: 'maybe_at', type: "Nullable(DateTime64(3, 'UTC'))" },
  { name: 'nodes', type: 'Array(UInt64)' },
  { name: 'items.currency', type: 'Array(LowCardinality(String))' },
  { name: 'items.unit_price', type: 'Array(Nullable(Int64))' },
  { name: 'stages', type: 'Array(Array(String))' },
] as const;

const LEAST = {
  text: '',
  word: '',
  id: '00000000-0000-0000-0000-000000000000',
  flag: false,
  u8: 0,
  u16: 0,
  u32: 0,
  u64: 0n,
  u128: 0n,
  i8: -128,
  i16: -32_768,
  i32: -2_147_483_648,
  i64: -(2n ** 63n),
  i128: -(2n ** 127n),
  day: '1900-01-01',
  at: Date.UTC(1900, 0, 1),
  kind: 'cart',
  maybe: null,
  maybe_at: null,
  nodes: [],
  'items.currency': [],
  'items.unit_price': [],
  stages: [],
};

const MOST = {
  text: `tö "x" 日本 😀 ${'long '.repeat(100)}`,
  word: 'EUR',
  id: 'ffeeddcc-bbaa-9988-7766-554433221100',
  flag: true,
  u8: 255,
  u16: 65_535,
  u32: 4_294_967_295,
  u64: 2n ** 64n - 1n,
  u128: 2n ** 128n - 1n,
  i8: 127,
  i16: 32_767,
  i32: 2_147_483_647,
  i64: 2n ** 63n - 1n,
  i128: 2n ** 127n - 1n,
  day: '2299-12-31',
  at: Date.UTC(2299, 11, 31, 23, 59, 59, 999),
  kind: 'order',
  maybe: -5n,
  maybe_at: 1,
  nodes: [2n ** 64n - 1n, 0n],
  'items.currency': ['EUR', ''],
  'items.unit_price': [null, 7n],
  stages: [['a', 'b'], [], ['c']],
};

test('what the encoder wrote is read back, from the least to the most that every type holds', () => {
  const encoder = createBlockEncoder(SCHEMA);
  const rows = [LEAST, MOST, LEAST, MOST];
  for (const row of rows) encoder.append(row);
  expect(decodeBlock(encoder.finish().bytes).rows).toEqual(rows);
});

test('a block of no rows has its columns', () => {
  const { columns, rows } = decodeBlock(createBlockEncoder(SCHEMA).finish().bytes);
  expect(rows).toEqual([]);
  expect(columns.map(({ name }) => name)).toEqual(SCHEMA.map(({ name }) => name));
});

test('bytes that are no whole block are refused', () => {
  const encoder = createBlockEncoder(SCHEMA);
  encoder.append(MOST);
  const { bytes } = encoder.finish();
  expect(() => decodeBlock(bytes.subarray(0, -1))).toThrow();
  expect(() => decodeBlock(Buffer.concat([bytes, Buffer.of(0)]))).toThrow('1 bytes after the block');
});
