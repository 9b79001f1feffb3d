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
  expect(dirty.finish().bytes).toEqual(clean.finish().bytes);
});

test('an encoder is empty after a block, which can be read until the next one begins and never shows its bytes', () => {
  const encoder = createBlockEncoder(SCHEMA);
  encoder.append({ id: 1n, tags: ['a'], price: 1 });
  const first = encoder.finish();
  expect(encoder.rows).toBe(0);
  expect(Buffer.concat(first.parts)).toEqual(first.bytes);
  encoder.append({ id: 9n, tags: ['b'], price: 9 });
  expect(encoder.rows).toBe(1);
  expect(() => first.parts).toThrow('the block is gone: its encoder has begun another');
  const second = encoder.finish();
  expect(encoder.finish()).toMatchObject({ rows: 0 });
  expect(() => second.bytes).toThrow('the block is gone');
});

test('rows appended column by column make the block that rows appended whole make', () => {
  const text = Buffer.from(`..a\u00fc${'long '.repeat(60)}`);
  const whole = createBlockEncoder(SCHEMA);
  whole.append({ id: 2n ** 64n - 2n, tags: [text.toString('utf8', 2), ''], price: -7 });
  whole.append({ id: 5, tags: [], price: null });
  const byColumn = createBlockEncoder(SCHEMA);
  byColumn.append({ id: 1, tags: ['forgotten'], price: 1 });
  byColumn.clear();
  const [id, tags, price] = [byColumn.column('id'), byColumn.column('tags'), byColumn.column('price')];
  id.appendLowHigh(2 ** 32 - 2, 2 ** 32 - 1);
  id.appendNumber(5);
  tags.inner.appendBytes(text, 2, text.length);
  tags.inner.appendBytes(text, 1, 1);
  tags.endRow(2);
  tags.endRow(0);
  price.present().appendNumber(-7);
  price.appendNull();
  byColumn.addRows(2);
  expect(byColumn.finish().bytes).toEqual(whole.finish().bytes);
});

test('columns of different lengths make no block', () => {
  const encoder = createBlockEncoder(SCHEMA);
  encoder.column('id').appendNumber(1);
  encoder.addRows(1);
  expect(() => encoder.finish()).toThrow("column tags has 0 of the block's 1 rows");
});

test('large columns are sent as they lie, not copied into one', () => {
  const encoder = createBlockEncoder([{ name: 'text', type: 'String' }]);
  const text = 'x'.repeat(100_000);
  encoder.append({ text });
  const { parts, byteLength } = encoder.finish();
  expect(parts.length).toBe(2);
  expect(byteLength).toBe(2 + 1 + 4 + 1 + 6 + 3 + text.length);
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
  ['UInt256', 2n ** 256n],
  ['Int256', -(2n ** 255n) - 1n],
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
