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
  columns: ['store_id', 'id', 'version'],
  settings: { fsync_after_insert: '1' },
};

const TABLE = {
  name: 'events',
  engine: 'ReplacingMergeTree',
  engine_full:
    'ReplacingMergeTree(version) ORDER BY (store_id, id) SETTINGS fsync_after_insert = 1, index_granularity = 8192',
  sorting_key: 'store_id, id',
  partition_key: '',
  columns: ['store_id', 'id', 'version'],
};

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
  const found = await misfits({ table: { engine_full, sorting_key: 'store_id', columns: ['id'] } });
  expect(found.map(({ setting, found: is }) => [setting, is])).toEqual([
    ['table events: engine', 'ReplacingMergeTree(id)'],
    ['table events: ORDER BY', 'store_id'],
    ['table events: columns', 'no store_id, version'],
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
