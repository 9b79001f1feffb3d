import { expect, test } from 'vitest';
import { ClickHouseError } from './error.ts';
import { type Ask, checkServer, UnsuitableServerError } from './server-check.ts';
import { INSERT_SETTINGS } from './settings.ts';
import type { TableNeeds } from './table-needs.ts';

const NEEDS: TableNeeds = {
  table: 'events',
  engine: 'ReplacingMergeTree',
  version: 'version',
  sortingKey: 'store_id, id',
  partitionKey: ['toYYYYMM(at)', 'toYYYYMM(at) '],
  columns: [
    { name: 'store_id', type: 'String' },
    { name: 'id', type: 'UInt64' },
    { name: 'amount', type: 'UInt64' },
    { name: 'version', type: 'UInt128' },
  ],
  settings: { fsync_after_insert: '1' },
};

const TABLE = {
  name: 'events',
  engine: 'ReplacingMergeTree',
  engine_full:
    'ReplacingMergeTree(version) ORDER BY (store_id, id) SETTINGS fsync_after_insert = 1, index_granularity = 8192',
  sorting_key: 'store_id, id',
  partition_key: 'toYYYYMM(at)',
  create_table_query: '',
  columns: { store_id: 'String', id: 'UInt64', amount: 'UInt64', version: 'UInt128' } as Record<string, string>,
};

/** As a server prints it, with these texts behind a column, and behind the keys. */
const created = (column: string, rules: string): string =>
  `CREATE TABLE db.events (\`store_id\` String COMMENT 'It\\'s a TTL ', \`amount\` UInt64${column}, \`at\` DateTime COMMENT '')
    ENGINE = ReplacingMergeTree(version) ORDER BY (store_id, id)${rules} SETTINGS fsync_after_insert = 1`.replace(
    /\s+/g,
    ' ',
  );

type Answers = {
  version?: string;
  table?: Partial<typeof TABLE> | null;
  setting?: (name: string) => { value?: string; readonly?: number; min?: string | null; max?: string | null };
  mergeTree?: string;
  pinnedRefusal?: string;
};

const server =
  ({ version = '26.7.1', table = {}, setting = () => ({}), mergeTree = '0', pinnedRefusal }: Answers): Ask =>
  async (sql, _params, pinned) => {
    if (sql.includes('version()')) return [{ version }];
    if (sql.includes('merge_tree_settings')) return [{ name: 'fsync_after_insert', value: mergeTree }];
    if (sql.includes('system.tables')) return table === null ? [] : [{ ...TABLE, ...table }];
    if (pinned && pinnedRefusal !== undefined) throw new ClickHouseError(pinnedRefusal, 'refused');
    return Object.entries(INSERT_SETTINGS).map(([name, value]) => ({
      name,
      value: String(value),
      readonly: 0,
      min: null,
      max: null,
      ...setting(name),
    }));
  };

const misfits = async (answers: Answers) => {
  try {
    await checkServer(server(answers), [NEEDS]);
    return [];
  } catch (error) {
    if (error instanceof UnsuitableServerError) return error.misfits;
    throw error;
  }
};

test('a server that has everything as it must be is taken', async () => {
  expect(await checkServer(server({}), [NEEDS])).toEqual({ version: '26.7.1' });
});

test.each(['24.12.1', '25.2.9.1'])('version %s is too old', async (version) => {
  expect(await misfits({ version })).toMatchObject([{ setting: 'server version', found: version }]);
});

test('a replicated or shared table is as good as a plain one', async () => {
  for (const kind of ['Replicated', 'Shared']) {
    const engine = `${kind}ReplacingMergeTree`;
    const engine_full = `${engine}('/tables/{uuid}', '{replica}', version) ORDER BY (store_id, id) SETTINGS fsync_after_insert = 1`;
    expect(await misfits({ table: { engine, engine_full } })).toEqual([]);
  }
});

test('of a setting that a table does not name the server’s own holds', async () => {
  const table = {
    engine_full: 'ReplacingMergeTree(version) ORDER BY (store_id, id) SETTINGS index_granularity = 8192',
  };
  expect(await misfits({ table, mergeTree: '1' })).toEqual([]);
  expect(await misfits({ table, mergeTree: '0' })).toMatchObject([
    { setting: 'table events: fsync_after_insert', found: '0', needed: '1' },
  ]);
});

test('another engine, another version column, another key, a missing column and a missing table are each named', async () => {
  const engine_full = 'ReplacingMergeTree(id) ORDER BY store_id SETTINGS fsync_after_insert = 1';
  const found = await misfits({ table: { engine_full, sorting_key: 'store_id', columns: { id: 'UInt64' } } });
  expect(found.map(({ setting, found: is }) => [setting, is])).toEqual([
    ['table events: engine', 'ReplacingMergeTree(id)'],
    ['table events: ORDER BY', 'store_id'],
    ['table events: columns', 'no store_id, amount, version'],
  ]);
  expect(await misfits({ table: null })).toMatchObject([{ setting: 'table events', found: 'not there' }]);
});

test('a pinned setting that the user may not set is named, everything at once and beside the tables', async () => {
  const found = await misfits({
    setting: (name) => (name === 'async_insert' ? { value: '1', readonly: 1 } : {}),
    table: { sorting_key: 'id' },
  });
  expect(found.map(({ setting }) => setting)).toEqual(['async_insert', 'table events: ORDER BY']);
});

test('a user who may set nothing is told so, and a server that is down is not called unsuitable', async () => {
  expect(await misfits({ pinnedRefusal: 'READONLY' })).toMatchObject([
    { setting: 'settings of inserts', found: 'refused (READONLY)' },
  ]);
  await expect(misfits({ pinnedRefusal: 'TIMEOUT_EXCEEDED' })).rejects.toMatchObject({ code: 'TIMEOUT_EXCEEDED' });
});

test('a table of other partitions is refused, for readers deduplicate within one', async () => {
  expect(await misfits({ table: { partition_key: 'toYYYYMM(received_at)' } })).toMatchObject([
    { setting: 'table events: PARTITION BY', found: 'toYYYYMM(received_at)', needed: 'toYYYYMM(at)' },
  ]);
  expect(await misfits({ table: { partition_key: '' } })).toMatchObject([{ found: 'none' }]);
  expect(await misfits({ table: { partition_key: 'toYYYYMM(at) ' } })).toEqual([]);
});

test('a column of another type is refused: by ALTER it is mended, in a key only by another table', async () => {
  const columns = { ...TABLE.columns, amount: 'UInt32', id: 'String', version: 'UInt64', more: 'String' };
  expect(await misfits({ table: { columns } })).toMatchObject([
    {
      setting: 'table events: column id',
      found: 'String',
      needed: 'UInt64',
      remedy: expect.stringContaining('rename'),
    },
    { setting: 'table events: column amount', remedy: 'ALTER TABLE events MODIFY COLUMN `amount` UInt64' },
    { setting: 'table events: column version', remedy: expect.stringContaining('rename') },
  ]);
});

test.each([
  ['', ' TTL at + toIntervalDay(30)', 'table events: TTL', 'ALTER TABLE events REMOVE TTL'],
  ['', " TTL at + toIntervalDay(f(1, g(2))) TO DISK 'cold', at + toIntervalDay(9)", 'table events: TTL', 'REMOVE TTL'],
  ['', ' TTL at + toIntervalDay(1) DELETE WHERE amount = 0', 'table events: TTL', 'REMOVE TTL'],
  ['', ' TTL at + toIntervalDay(1) GROUP BY store_id SET amount = max(amount)', 'table events: TTL', 'REMOVE TTL'],
  [
    " COMMENT '' TTL at + toIntervalDay(1)",
    '',
    'table events: TTL of column amount',
    'ALTER TABLE events MODIFY COLUMN `amount` REMOVE TTL',
  ],
])('what the clock would take away is refused:%s%s', async (column, rules, setting, remedy) => {
  expect(await misfits({ table: { create_table_query: created(column, rules) } })).toMatchObject([
    { setting, remedy: expect.stringContaining(remedy) },
  ]);
});

test('rules that only move rows or pack them are taken', async () => {
  const rules = " TTL at + toIntervalDay(f(1, g(2))) TO DISK 'cold', at + toIntervalDay(2) RECOMPRESS CODEC(ZSTD(17))";
  expect(await misfits({ table: { create_table_query: created('', rules) } })).toEqual([]);
});
