import { randomUUID } from 'node:crypto';
import { type ClickHouse, createBlockEncoder, createClickHouse, defineQuery } from '@cartledger/clickhouse';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';

const ROWS = 100_000;
const ROWS_A_BLOCK = 5_000;
const SEED = 20_261_123;

const database = `native_${randomUUID().replaceAll('-', '')}`;
const DAY_MS = 86_400_000;

/** A number in [0, 1), the same sequence for a seed (mulberry32). */
const createRandom = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};
const random = createRandom(SEED);
const below = (n: number): number => Math.floor(random() * n);
const oneOf = <T>(...values: [T, ...T[]]): T => values[below(values.length)] ?? values[0];

/** Of every size from 0 bits to all of them, and often an end of the range. */
const integer = (bits: number, signed: boolean): bigint => {
  const least = signed ? -(2n ** BigInt(bits - 1)) : 0n;
  const most = signed ? 2n ** BigInt(bits - 1) - 1n : 2n ** BigInt(bits) - 1n;
  if (below(5) === 0) return oneOf(least, most, 0n, least + 1n, most - 1n);
  let value = 0n;
  for (let at = 0; at < bits; at += 32) value = (value << 32n) | BigInt(below(2 ** 32));
  const shifted = BigInt.asUintN(bits, value) >> BigInt(below(bits));
  return signed ? BigInt.asIntN(bits, shifted) : shifted;
};
const small = (bits: number, signed: boolean): number => Number(integer(bits, signed));

const WORDS = ['', '\0', ' ', 'a', 'Töpfe', '漢字', '😀', 'a\ud800', "it's", '\\N', '\t|,\n', 'NULL'] as const;
/** Lengths around which the encoder takes another way or the length another byte. */
const LENGTHS = [23, 24, 25, 42, 43, 48, 49, 63, 64, 126, 127, 128, 129] as const;
const text = (): string => {
  const kind = below(20);
  if (kind < 12) return oneOf(...WORDS);
  if (kind < 18) return String.fromCharCode(...Array.from({ length: below(12) }, () => below(0x3000)));
  if (kind < 19) return oneOf('x', 'ß', '漢', '😀').repeat(oneOf(...LENGTHS));
  return below(200) === 0 ? '😀'.repeat(5_000) : 'x'.repeat(below(300));
};
const FIRST_MS = Date.UTC(1900, 0, 1);
const LAST_MS = Date.UTC(2299, 11, 31, 23, 59, 59, 999);
const time = (): number =>
  below(5) === 0 ? oneOf(FIRST_MS, LAST_MS, 0, -1) : FIRST_MS + Math.floor(random() * (LAST_MS - FIRST_MS));
const day = (): string => new Date(Math.floor(time() / DAY_MS) * DAY_MS).toISOString().slice(0, 10);
const hexDigits = (count: number): string => Array.from({ length: count }, () => below(16).toString(16)).join('');
const uuid = (): string => [8, 4, 4, 4, 12].map(hexDigits).join('-');
const orNull = <T>(make: () => T): T | null => (below(3) === 0 ? null : make());
const list = <T>(make: () => T): T[] => Array.from({ length: below(3) === 0 ? 0 : below(5) }, make);

const SCHEMA = [
  { name: 'row_id', type: 'UInt32' },
  { name: 'text', type: 'String' },
  { name: 'word', type: 'LowCardinality(String)' },
  { name: 'maybe_word', type: 'LowCardinality(Nullable(String))' },
  { name: 'id', type: 'UUID' },
  { name: 'flag', type: 'Bool' },
  { name: 'u8', type: 'UInt8' },
  { name: 'u16', type: 'UInt16' },
  { name: 'u32', type: 'UInt32' },
  { name: 'u64', type: 'UInt64' },
  { name: 'u128', type: 'UInt128' },
  { name: 'u256', type: 'UInt256' },
  { name: 'i8', type: 'Int8' },
  { name: 'i16', type: 'Int16' },
  { name: 'i32', type: 'Int32' },
  { name: 'i64', type: 'Int64' },
  { name: 'i128', type: 'Int128' },
  { name: 'i256', type: 'Int256' },
  { name: 'day', type: 'Date32' },
  { name: 'at', type: "DateTime64(3, 'UTC')" },
  { name: 'kind', type: "Enum8('journey' = 1, 'cart' = -128, 'order' = 127)" },
  { name: 'maybe', type: 'Nullable(Int64)' },
  { name: 'maybe_text', type: 'Nullable(String)' },
  { name: 'maybe_at', type: "Nullable(DateTime64(3, 'UTC'))" },
  { name: 'maybe_wide', type: 'Nullable(UInt256)' },
  { name: 'nodes', type: 'Array(UInt64)' },
  { name: 'texts', type: 'Array(String)' },
  { name: 'words', type: 'Array(LowCardinality(String))' },
  { name: 'prices', type: 'Array(Nullable(Int64))' },
  { name: 'maybe_texts', type: 'Array(Nullable(String))' },
  { name: 'ids', type: 'Array(UUID)' },
  { name: 'days', type: 'Array(Date32)' },
  { name: 'lists', type: 'Array(Array(Nullable(Int32)))' },
] as const;

const makeRow = (row_id: number) => ({
  row_id,
  text: text(),
  word: oneOf(...WORDS),
  maybe_word: orNull(() => oneOf(...WORDS)),
  id: uuid(),
  flag: below(2) === 1,
  u8: small(8, false),
  u16: small(16, false),
  u32: small(32, false),
  u64: integer(64, false),
  u128: integer(128, false),
  u256: integer(256, false),
  i8: small(8, true),
  i16: small(16, true),
  i32: small(32, true),
  i64: below(2) === 0 ? integer(64, true) : small(53, true),
  i128: integer(128, true),
  i256: integer(256, true),
  day: day(),
  at: time(),
  kind: oneOf('journey', 'cart', 'order'),
  maybe: orNull(() => small(53, true)),
  maybe_text: orNull(text),
  maybe_at: orNull(time),
  maybe_wide: orNull(() => integer(256, false)),
  nodes: list(() => integer(64, false)),
  texts: list(text),
  words: list(() => oneOf(...WORDS)),
  prices: list(() => orNull(() => small(53, true))),
  maybe_texts: list(() => orNull(text)),
  ids: list(uuid),
  days: list(day),
  lists: list(() => list(() => orNull(() => small(32, true)))),
});
type Row = ReturnType<typeof makeRow>;

const hex = (value: string): string => Buffer.from(value).toString('hex').toUpperCase();

/** A value as one text, the same as `asText` below makes of what the server holds; no two values look alike. */
const shown = (value: unknown): string => {
  if (value === null) return 'N';
  if (typeof value === 'string') return `'${hex(value)}`;
  return Array.isArray(value) ? `[${value.map(shown).join(',')}]` : String(value);
};

/** SQL that makes such a text of a column. */
const asText = (expression: string, type: string, depth = 0): string => {
  const inside = (wrapper: string): string | null =>
    type.startsWith(`${wrapper}(`) ? type.slice(wrapper.length + 1, -1) : null;
  const plain = inside('LowCardinality');
  if (plain !== null) return asText(`CAST(${expression}, '${plain}')`, plain, depth);
  const nullable = inside('Nullable');
  if (nullable !== null) {
    return `if(isNull(${expression}), 'N', ${asText(`assumeNotNull(${expression})`, nullable, depth)})`;
  }
  const element = inside('Array');
  if (element !== null) {
    const each = asText(`x${depth}`, element, depth + 1);
    return `concat('[', arrayStringConcat(arrayMap(x${depth} -> ${each}, ${expression}), ','), ']')`;
  }
  if (type.startsWith('DateTime64')) return `toString(toUnixTimestamp64Milli(${expression}))`;
  if (type === 'String') return `concat('''', hex(${expression}))`;
  // Written as texts in TypeScript.
  const isNamed = type === 'UUID' || type === 'Date32' || type.startsWith('Enum8');
  return isNamed ? `concat('''', hex(toString(${expression})))` : `toString(${expression})`;
};

const readBack = defineQuery({
  name: 'rows as texts',
  sql: `SELECT arrayStringConcat([${SCHEMA.map(({ name, type }) => asText(name, type)).join(', ')}], '|') AS row
    FROM rows WHERE row_id >= {from:UInt32} AND row_id < {to:UInt32} ORDER BY row_id`,
  params: z.object({ from: z.number(), to: z.number() }),
  row: z.object({ row: z.string() }),
});

let clickhouse: ClickHouse;
beforeAll(async () => {
  clickhouse = createClickHouse({ url: inject('clickhouseUrl'), database });
  await clickhouse.ensureDatabase();
  await clickhouse.command(
    `CREATE TABLE rows (${SCHEMA.map(({ name, type }) => `${name} ${type}`).join(', ')}) ENGINE = MergeTree ORDER BY row_id`,
  );
});
afterAll(async () => {
  await clickhouse.command(`DROP DATABASE IF EXISTS ${database}`);
  await clickhouse.close();
});

const encoder = createBlockEncoder(SCHEMA);

/** Column by column, and without checks wherever a column has an appender for what is given. */
const appendByColumn = (rows: readonly Row[]): void => {
  encoder.clear();
  const checked = SCHEMA.filter(({ name }) => !['text', 'maybe', 'prices', 'u32', 'flag', 'u128'].includes(name));
  for (const row of rows) {
    for (const { name } of checked) encoder.column(name).append(row[name]);
    const bytes = Buffer.from(`..${row.text}..`);
    encoder.column('text').appendBytes(bytes, 2, bytes.length - 2);
    if (row.maybe === null) encoder.column('maybe').appendNull();
    else encoder.column('maybe').present().appendNumber(row.maybe);
    for (const price of row.prices) {
      if (price === null) encoder.column('prices').inner.appendNull();
      else encoder.column('prices').inner.present().appendNumber(price);
    }
    encoder.column('prices').endRow(row.prices.length);
    encoder.column('u32').appendUint32(row.u32);
    encoder.column('flag').appendByte(Number(row.flag));
    for (const bits of [0n, 64n]) {
      const half = row.u128 >> bits;
      encoder.column('u128').appendLowHigh(Number(half & 0xffff_ffffn), Number((half >> 32n) & 0xffff_ffffn));
    }
  }
  encoder.addRows(rows.length);
};

test(`${ROWS.toLocaleString('en')} rows of all types, empty and extreme values among them, read back as they were given`, {
  timeout: 60_000,
}, async () => {
  for (let from = 0; from < ROWS; from += ROWS_A_BLOCK) {
    const rows = Array.from({ length: ROWS_A_BLOCK }, (_, i) => makeRow(from + i));
    if ((from / ROWS_A_BLOCK) % 2 === 0) for (const row of rows) encoder.append(row);
    else appendByColumn(rows);
    await clickhouse.insertNative('rows', SCHEMA, encoder.finish());
    const kept = await clickhouse.query(readBack, { from, to: from + ROWS_A_BLOCK });
    const given = rows.map((row) => SCHEMA.map(({ name }) => shown(row[name])).join('|'));
    const different = given.findIndex((row, i) => row !== kept[i]?.row);
    // One row, for a list of thousands says nothing.
    expect(kept[different]?.row, `row ${from + different} of seed ${SEED}`).toBe(given[different]);
    expect(kept.length).toBe(given.length);
  }
});
