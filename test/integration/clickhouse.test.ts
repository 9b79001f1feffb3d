import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { bigInteger, type ClickHouse, createClickHouse, defineQuery, migrate, utcMs } from '@cartledger/clickhouse';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';

const MIGRATIONS = fileURLToPath(new URL('../../schemas/clickhouse/', import.meta.url));
const database = `clickhouse_${randomUUID().replaceAll('-', '')}`;
const analyticsDatabase = `${database}_analytics`;

let clickhouse: ClickHouse;
beforeAll(async () => {
  clickhouse = createClickHouse({ url: inject('clickhouseUrl'), database });
  await clickhouse.ensureDatabase();
});
afterAll(async () => {
  for (const name of [analyticsDatabase, database]) await clickhouse.command(`DROP DATABASE IF EXISTS ${name}`);
  await clickhouse.close();
});

const numbers = defineQuery({
  name: 'numbers',
  sql: `SELECT number AS n, toInt128(number) * toInt128('100000000000000000000') AS wide,
    fromUnixTimestamp64Milli(toInt64(number), 'UTC') AS at FROM numbers({count:UInt64})`,
  params: z.object({ count: z.int() }),
  row: z.object({ n: bigInteger, wide: bigInteger, at: utcMs }),
});

const fails = defineQuery({
  name: 'fails',
  sql: 'SELECT toString(throwIf(number = 90000)) AS x FROM numbers(1000000) SETTINGS max_block_size = 100',
  params: z.object({}),
  row: z.object({ x: z.string() }),
});

test('the server is suitable: the pinned settings are in force', async () => {
  expect((await clickhouse.checkServer()).version).toMatch(/^\d+\.\d+/);
  expect(await clickhouse.ping()).toBe(true);
});

test('integers of 64 bits and more arrive exactly', async () => {
  const rows = await clickhouse.query(numbers, { count: 3 });
  expect(rows[2]).toEqual({ n: 2n, wide: 200_000_000_000_000_000_000n, at: 2 });
});

test('a large result streams row by row', async () => {
  let sum = 0n;
  for await (const row of clickhouse.stream(numbers, { count: 200_000 })) sum += row.n;
  expect(sum).toBe(19_999_900_000n);
});

test('a query that fails after its first rows is an error, streamed or not', async () => {
  const expected = { code: 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO', retriable: false };
  await expect(clickhouse.query(fails, {})).rejects.toMatchObject(expected);
  const streamed = async () => {
    for await (const row of clickhouse.stream(fails, {})) expect(row.x).toBe('0');
  };
  await expect(streamed()).rejects.toMatchObject(expected);
});

test('a string parameter is a value, whatever is in it', async () => {
  const echo = defineQuery({
    name: 'echo',
    sql: 'SELECT {text:String} AS text, {list:Array(String)} AS list',
    params: z.object({ text: z.string(), list: z.array(z.string()) }),
    row: z.object({ text: z.string(), list: z.array(z.string()) }),
  });
  const nasty = ["'; DROP TABLE x; --", '\\', '\\N', '\t\n\r', '{a:String}', '😀', '\u2028', ''];
  for (const text of nasty)
    expect(await clickhouse.query(echo, { text, list: nasty })).toEqual([{ text, list: nasty }]);
});

test('thousands of hashes fit one parameter; what does not fit is refused by name', async () => {
  const count = defineQuery({
    name: 'count',
    sql: 'SELECT length({nodes:Array(UInt64)}) AS n',
    params: z.object({ nodes: z.array(z.bigint()) }),
    row: z.object({ n: bigInteger }),
  });
  const nodes = (n: number) => Array.from({ length: n }, (_, i) => 2n ** 64n - 1n - BigInt(i));
  expect(await clickhouse.query(count, { nodes: nodes(5_000) })).toEqual([{ n: 5_000n }]);
  await expect(clickhouse.query(count, { nodes: nodes(10_000) })).rejects.toMatchObject({ code: 'bad_parameters' });
});

test('an insert that a constraint refuses is a refusal of the data, and nothing of it is written', async () => {
  await clickhouse.command(
    'CREATE TABLE refusing (n Int64, CONSTRAINT small CHECK n < 10) ENGINE = MergeTree ORDER BY n',
  );
  const columns = [{ name: 'n', type: 'Int64' }] as const;
  await expect(clickhouse.insertNative('refusing', columns, [{ n: 1 }, { n: 10 }])).rejects.toMatchObject({
    code: 'VIOLATED_CONSTRAINT',
    refusedData: true,
  });
  await clickhouse.insertNative('refusing', columns, [{ n: 1 }]);
  const all = defineQuery({
    name: 'refusing',
    sql: 'SELECT n FROM refusing',
    params: z.object({}),
    row: z.object({ n: bigInteger }),
  });
  expect(await clickhouse.query(all, {})).toEqual([{ n: 1n }]);
});

test('a bounded statement is given up by the server before its client gives it up, and does not go on alone', async () => {
  await using hasty = createClickHouse({ url: inject('clickhouseUrl'), database, requestTimeoutMs: 2_000 });
  await clickhouse.command('CREATE TABLE IF NOT EXISTS slow (n UInt64) ENGINE = MergeTree ORDER BY n');
  const insert = `INSERT INTO slow SELECT number FROM numbers(100) WHERE sleepEachRow(0.1) = 0
    SETTINGS max_block_size = 1`;
  await expect(hasty.command(insert, {}, { bounded: true })).rejects.toMatchObject({
    code: 'TIMEOUT_EXCEEDED',
    retriable: true,
  });
  const columns = [{ name: 'n', type: 'UInt64' }] as const;
  const isBounded = { sql: "getSetting('max_execution_time') BETWEEN 1 AND 2", params: {} };
  await hasty.insertNative('slow', columns, [{ n: 1n }], isBounded);
});

test('a server that does not listen is unavailable and retriable', async () => {
  await using nobody = createClickHouse({ url: 'http://127.0.0.1:1', database });
  await expect(nobody.query(numbers, { count: 1 })).rejects.toMatchObject({ code: 'unavailable', retriable: true });
  await expect(nobody.insertNative('x', [{ name: 'n', type: 'Int64' }], [{ n: 1 }])).rejects.toMatchObject({
    code: 'unavailable',
    retriable: true,
  });
  expect(await nobody.ping()).toBe(false);
});

test('migrations run by several at once leave the same schema as by one, and a second run does nothing', async () => {
  const applied = await Promise.all([1, 2, 3].map(() => migrate(clickhouse, MIGRATIONS, { analyticsDatabase })));
  expect(Math.max(...applied.map((list) => list.length))).toBeGreaterThanOrEqual(6);
  expect(await migrate(clickhouse, MIGRATIONS, { analyticsDatabase })).toEqual([]);
  const tables = defineQuery({
    name: 'tables',
    sql: 'SELECT name FROM system.tables WHERE database = {database:String} AND engine LIKE {engine:String}',
    params: z.object({ database: z.string(), engine: z.string() }),
    row: z.object({ name: z.string() }),
  });
  const names = (await clickhouse.query(tables, { database, engine: '%MergeTree' })).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['events', 'ledger_rows', 'links', 'store_state', 'touches']));
});

test('of deliveries of one event the one received first stays, and an id in two months is two events', async () => {
  await migrate(clickhouse, MIGRATIONS, { analyticsDatabase });
  const columns = [
    { name: 'store_id', type: 'LowCardinality(String)' },
    { name: 'event_hash', type: 'UInt64' },
    { name: 'version', type: 'UInt128' },
    { name: 'occurred_at', type: "DateTime64(3, 'UTC')" },
    { name: 'event_id', type: 'String' },
  ] as const;
  const january = Date.UTC(2026, 0, 31, 23, 59, 59, 999);
  const row = { store_id: 's', event_hash: 1n, version: 5n, occurred_at: january, event_id: 'kept' };
  const dead = { ...row, occurred_at: Date.UTC(1970, 0, 2), event_id: 'broken clock, January' };
  await clickhouse.insertNative('events', columns, [row, { ...row, version: 4n, event_id: 'later' }]);
  await clickhouse.insertNative('events', columns, [{ ...row, version: 3n, event_id: 'latest' }]);
  await clickhouse.insertNative('events', columns, [{ ...row, occurred_at: january + 1, event_id: 'February' }]);
  await clickhouse.insertNative('events', columns, [
    dead,
    { ...dead, occurred_at: Date.UTC(1970, 1, 2), event_id: 'broken clock, February' },
  ]);
  for (const across of [0, 1]) {
    const kept = defineQuery({
      name: 'kept',
      sql: `SELECT event_id FROM events FINAL WHERE store_id = 's' ORDER BY occurred_at
        SETTINGS do_not_merge_across_partitions_select_final = ${across}`,
      params: z.object({}),
      row: z.object({ event_id: z.string() }),
    });
    expect((await clickhouse.query(kept, {})).map((r) => r.event_id)).toEqual([
      'broken clock, January',
      'broken clock, February',
      'kept',
      'February',
    ]);
  }
});
