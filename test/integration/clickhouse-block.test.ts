import { randomUUID } from 'node:crypto';
import { type ClickHouse, createBlockEncoder, createClickHouse, defineQuery } from '@cartledger/clickhouse';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';

const database = `block_${randomUUID().replaceAll('-', '')}`;
const DAY_MS = 86_400_000;

const SCHEMA = [
  { name: 'row_id', type: 'UInt32' },
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
  { name: 'items.product_id', type: 'Array(String)' },
  { name: 'items.currency', type: 'Array(LowCardinality(String))' },
  { name: 'items.unit_price', type: 'Array(Nullable(Int64))' },
] as const;

const DDL = `CREATE TABLE blocks (
  row_id UInt32, text String, word LowCardinality(String), id UUID, flag Bool,
  u8 UInt8, u16 UInt16, u32 UInt32, u64 UInt64, u128 UInt128,
  i8 Int8, i16 Int16, i32 Int32, i64 Int64, i128 Int128,
  day Date32, at DateTime64(3, 'UTC'), kind Enum8('journey' = 1, 'cart' = -128, 'order' = 127),
  maybe Nullable(Int64), maybe_at Nullable(DateTime64(3, 'UTC')), nodes Array(UInt64),
  items Nested (product_id String, currency LowCardinality(String), unit_price Nullable(Int64))
) ENGINE = MergeTree ORDER BY row_id`;

/** Everything as text, so that the comparison sees what the server holds and not what JSON makes of it. */
const readBack = defineQuery({
  name: 'blocks',
  sql: `SELECT hex(text) AS text, hex(word) AS word, toString(id) AS id, flag, u8, u16, u32,
      toString(u64) AS u64, toString(u128) AS u128, i8, i16, i32, toString(i64) AS i64, toString(i128) AS i128,
      toString(day) AS day, toString(toUnixTimestamp64Milli(at)) AS at, toString(kind) AS kind,
      toString(maybe) AS maybe, toString(toUnixTimestamp64Milli(maybe_at)) AS maybe_at,
      arrayMap(x -> toString(x), nodes) AS nodes, arrayMap(x -> hex(x), \`items.product_id\`) AS products,
      arrayMap(x -> hex(x), \`items.currency\`) AS currencies,
      arrayMap(x -> toString(x), \`items.unit_price\`) AS prices
    FROM blocks ORDER BY row_id`,
  params: z.object({}),
  row: z.looseObject({}),
});

let clickhouse: ClickHouse;
beforeAll(async () => {
  clickhouse = createClickHouse({ url: inject('clickhouseUrl'), database });
  await clickhouse.ensureDatabase();
  await clickhouse.command(DDL);
});
afterAll(async () => {
  await clickhouse.command(`DROP DATABASE IF EXISTS ${database}`);
  await clickhouse.close();
});

const integers = (min: bigint, max: bigint) =>
  fc.oneof({ weight: 1, arbitrary: fc.constantFrom(min, max, 0n) }, { weight: 4, arbitrary: fc.bigInt({ min, max }) });
const signed = (bits: bigint) => integers(-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n);
const unsigned = (bits: bigint) => integers(0n, (1n << bits) - 1n);
const small = (min: number, max: number) => fc.oneof(fc.constantFrom(min, max), fc.integer({ min, max }));
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.constantFrom('', '\0', 'é'.repeat(64), 'x'.repeat(127), 'x'.repeat(128), '漢'.repeat(43), '😀'.repeat(5_000)),
);
const FIRST = Date.UTC(1900, 0, 1);
const LAST = Date.UTC(2299, 11, 31, 23, 59, 59, 999);
const times = fc.oneof(fc.constantFrom(FIRST, LAST, 0, -1), fc.integer({ min: FIRST, max: LAST }));
const days = times.map((ms) => new Date(Math.floor(ms / DAY_MS) * DAY_MS).toISOString().slice(0, 10));
const items = fc.array(fc.record({ product: texts, currency: texts, price: fc.option(signed(64n)) }), { maxLength: 5 });

const row = fc.record({
  text: texts,
  word: texts,
  id: fc.uuid(),
  flag: fc.boolean(),
  u8: small(0, 0xff),
  u16: small(0, 0xffff),
  u32: small(0, 0xffff_ffff),
  u64: unsigned(64n),
  u128: unsigned(128n),
  i8: small(-0x80, 0x7f),
  i16: small(-0x8000, 0x7fff),
  i32: small(-0x8000_0000, 0x7fff_ffff),
  i64: fc.oneof(signed(64n), fc.maxSafeInteger()),
  i128: signed(128n),
  day: days,
  at: times,
  kind: fc.constantFrom('journey', 'cart', 'order'),
  maybe: fc.option(signed(64n)),
  maybe_at: fc.option(times),
  nodes: fc.array(unsigned(64n), { maxLength: 5 }),
  items,
});

const hex = (text: string) => Buffer.from(text).toString('hex').toUpperCase();
const orNull = (value: bigint | number | null) => (value === null ? null : String(value));

test('rows of any values, extremes included, are in the table as they were given', async () => {
  const encoder = createBlockEncoder(SCHEMA);
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 40 }), async (rows) => {
      for (const [row_id, { items: lines, ...rest }] of rows.entries()) {
        encoder.append({
          row_id,
          ...rest,
          'items.product_id': lines.map((line) => line.product),
          'items.currency': lines.map((line) => line.currency),
          'items.unit_price': lines.map((line) => line.price),
        });
      }
      await clickhouse.command('TRUNCATE TABLE blocks');
      await clickhouse.insertNative('blocks', SCHEMA, encoder.finish());
      expect(await clickhouse.query(readBack, {})).toEqual(
        rows.map(({ items: lines, text, word, u64, u128, i64, i128, at, maybe, maybe_at, nodes, ...same }) => ({
          ...same,
          text: hex(text),
          word: hex(word),
          u64: String(u64),
          u128: String(u128),
          i64: String(i64),
          i128: String(i128),
          at: String(at),
          maybe: orNull(maybe),
          maybe_at: orNull(maybe_at),
          nodes: nodes.map(String),
          products: lines.map((line) => hex(line.product)),
          currencies: lines.map((line) => hex(line.currency)),
          prices: lines.map((line) => orNull(line.price)),
        })),
      );
    }),
    { numRuns: 40, seed: 20_261_122 },
  );
});
