import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { ClickHouse } from './client.ts';
import { migrate } from './migrate.ts';

const directories: string[] = [];

const migrations = async (files: Record<string, string>): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'migrations-'));
  directories.push(directory);
  for (const [name, sql] of Object.entries(files)) await writeFile(join(directory, name), sql);
  return directory;
};

afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true });
});

/** Keeps the journal and counts statements; `failOn` throws before the journal is written. */
const fakeClickHouse = () => {
  const journal: Record<string, unknown>[] = [];
  const ran: string[] = [];
  const state = { failOn: '' };
  const clickhouse = {
    ensureDatabase: async () => {},
    command: async (sql: string) => {
      if (state.failOn !== '' && sql.includes(state.failOn)) throw new Error('killed');
      ran.push(sql);
    },
    query: async () => journal,
    insertNative: async (_table: string, _columns: unknown, rows: Record<string, unknown>[]) => {
      journal.push(...rows);
    },
  };
  return { clickhouse: clickhouse as unknown as ClickHouse, journal, ran, state };
};

const A = 'CREATE TABLE IF NOT EXISTS a (x Int8) ENGINE = Memory';
const B = 'CREATE OR REPLACE VIEW {analytics_database:Identifier}.b AS SELECT x FROM a';
const ANALYTICS = { analyticsDatabase: 'analytics' };

test('files are applied once, in order, gaps or not, and a second run does nothing', async () => {
  const { clickhouse, ran } = fakeClickHouse();
  const directory = await migrations({ '0003_b.sql': B, '0001_a.sql': A, 'README.md': 'not SQL' });
  expect(await migrate(clickhouse, directory, ANALYTICS)).toEqual([
    { version: 1, name: '0001_a.sql' },
    { version: 3, name: '0003_b.sql' },
  ]);
  expect(await migrate(clickhouse, directory, ANALYTICS)).toEqual([]);
  expect(ran.filter((sql) => sql === A || sql === B)).toEqual([A, B]);
});

test('a run that was killed in the middle is finished by the next', async () => {
  const { clickhouse, state } = fakeClickHouse();
  const directory = await migrations({ '0001_a.sql': A, '0002_b.sql': B });
  state.failOn = 'VIEW';
  await expect(migrate(clickhouse, directory, ANALYTICS)).rejects.toThrow('killed');
  state.failOn = '';
  expect(await migrate(clickhouse, directory, ANALYTICS)).toEqual([{ version: 2, name: '0002_b.sql' }]);
});

test('an applied file that was changed is named and nothing is run', async () => {
  const { clickhouse, ran } = fakeClickHouse();
  await migrate(clickhouse, await migrations({ '0001_a.sql': A }), ANALYTICS);
  const before = ran.filter((sql) => sql === B).length;
  const changed = await migrations({ '0001_a.sql': A.replace('Int8', 'Int16'), '0002_b.sql': B });
  await expect(migrate(clickhouse, changed, ANALYTICS)).rejects.toMatchObject({
    code: 'changed',
    message: '0001_a.sql was changed after it had been applied: add a new migration',
  });
  expect(ran.filter((sql) => sql === B).length).toBe(before);
});

test('an older program refuses a database that has seen a newer one', async () => {
  const { clickhouse } = fakeClickHouse();
  await migrate(clickhouse, await migrations({ '0001_a.sql': A, '0002_b.sql': B }), ANALYTICS);
  await expect(migrate(clickhouse, await migrations({ '0001_a.sql': A }), ANALYTICS)).rejects.toMatchObject({
    code: 'unknown_version',
  });
});

test.each([
  [{ '0001_a.sql': A, '0001_b.sql': B }, '0001_b.sql and 0001_a.sql have one number'],
  [{ 'a.sql': A }, 'a.sql: name migrations NNNN_name.sql'],
  [{ '0001_a.sql': 'CREATE TABLE a (x Int8) ENGINE = Memory' }, '0001_a.sql: write it so that it can run twice'],
])('doubles and statements that cannot run twice are refused: %j', async (files, message) => {
  const { clickhouse, ran } = fakeClickHouse();
  await expect(migrate(clickhouse, await migrations(files), ANALYTICS)).rejects.toThrow(message);
  expect(ran).toEqual([]);
});
