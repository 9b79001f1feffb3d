import { expect, test } from 'vitest';
import { BlockValueError, createBlockEncoder } from './block-encoder.ts';

const SCHEMA = [
  { name: 'id', type: 'UInt64' },
  { name: 'tags', type: 'Array(LowCardinality(String))' },
  { name: 'price', type: 'Nullable(Int64)' },
] as const;

test('a block is: columns, rows, then name, type and values of each column', () => {
  const encoder = createBlockEncoder(SCHEMA);
  encoder.append({ id: 1n, tags: ['a', ''], price: null });
  encoder.append({ id: 2, tags: [], price: -1 });
  const { rows, bytes } = encoder.finish();
  expect(rows).toBe(2);
  const u64 = (value: bigint) => [...new Uint8Array(new BigUint64Array([value]).buffer)];
  expect([...bytes]).toEqual([
    ...[3, 2],
    ...[2, ...Buffer.from('id'), 6, ...Buffer.from('UInt64'), ...u64(1n), ...u64(2n)],
    ...[4, ...Buffer.from('tags'), 13, ...Buffer.from('Array(String)'), ...u64(2n), ...u64(2n), 1, 97, 0],
    ...[5, ...Buffer.from('price'), 15, ...Buffer.from('Nullable(Int64)'), 1, 0, ...u64(0n), ...u64(2n ** 64n - 1n)],
  ]);
});

test('a refused row leaves nothing behind, wherever in it the bad value stands', () => {
  const clean = createBlockEncoder(SCHEMA);
  const dirty = createBlockEncoder(SCHEMA);
  const good = { id: 7n, tags: ['x'], price: 5 };
  clean.append(good);
  clean.append(good);
  dirty.append(good);
  expect(() => dirty.append({ ...good, id: -1n })).toThrow(BlockValueError);
  expect(() => dirty.append({ ...good, tags: ['y', 3 as unknown as string] })).toThrow(
    'column tags (Array(LowCardinality(String))) cannot hold the value: expected a string',
  );
  expect(() => dirty.append({ ...good, price: 2n ** 63n })).toThrow(BlockValueError);
  dirty.append(good);
  expect(dirty.finish()).toEqual(clean.finish());
});

test('an encoder is empty after a block, and a finished block does not change any more', () => {
  const encoder = createBlockEncoder(SCHEMA);
  encoder.append({ id: 1n, tags: ['a'], price: 1 });
  const first = encoder.finish();
  const copy = Buffer.from(first.bytes);
  expect(encoder.rows).toBe(0);
  encoder.append({ id: 9n, tags: ['b'], price: 9 });
  encoder.finish();
  expect(first.bytes).toEqual(copy);
});

test.each([
  ['UInt8', 256],
  ['UInt8', -1],
  ['UInt8', 0.5],
  ['UInt16', 65_536],
  ['UInt32', 2 ** 32],
  ['Int8', 128],
  ['Int64', 2n ** 63n],
  ['Int64', 2 ** 53],
  ['UInt64', 2n ** 64n],
  ['UInt128', -1n],
  ['UInt128', 2n ** 128n],
  ['Int128', 2n ** 127n],
  ['Bool', 1],
  ['String', null],
  ['UUID', '01234567-89ab-cdef-0123-456789abcdeg'],
  ['Date32', '2026-02-30'],
  ['Date32', '1899-12-31'],
  ['DateTime64(3)', Number.NaN],
  ['DateTime64(3)', Date.UTC(1899, 11, 31)],
  ["Enum8('cart' = 1)", 'order'],
  ['Array(String)', 'text'],
  ['Nullable(Int64)', undefined],
])('a column of %s refuses %s', (type, value) => {
  const encoder = createBlockEncoder([{ name: 'c', type }]);
  expect(() => encoder.append({ c: value as never })).toThrow(BlockValueError);
});

test('a type that blocks do not carry is refused when the encoder is made', () => {
  expect(() => createBlockEncoder([{ name: 'c', type: 'Map(String, String)' }])).toThrow(
    'blocks carry no columns of type Map(String, String)',
  );
});
