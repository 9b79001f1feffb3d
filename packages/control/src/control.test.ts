import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DEFAULT_DEFINITION } from '@cartledger/funnel';
import { expect, test } from 'vitest';
import { controlConformance } from './conformance.ts';
import { createControl } from './control.ts';

controlConformance('SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cartledger-control-'));
  return {
    open: (now) => createControl({ dialect: 'sqlite', path: join(folder, 'deep', 'control.sqlite') }, { now }),
    drop: async () => rmSync(folder, { recursive: true, force: true }),
  };
});

test('a control store in memory needs no file', async () => {
  await using control = createControl({ dialect: 'sqlite', path: ':memory:' });
  await control.migrate();
  await control.stores.create('shop');
  expect(await control.stores.list()).toHaveLength(1);
});

test('a definition written before a field existed has its default', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cartledger-control-'));
  const path = join(folder, 'control.sqlite');
  await using control = createControl({ dialect: 'sqlite', path }, { now: () => 1 });
  await control.migrate();
  await control.stores.create('shop', { currency: 'JPY' });
  const database = new DatabaseSync(path);
  const { bots: _, targets: _1, fx_source: _2, stage_predicates: _3, ...old } = DEFAULT_DEFINITION;
  database.prepare('update stores set definition = ?').run(JSON.stringify({ ...old, currency: 'JPY' }));
  database.close();
  expect((await control.stores.get('shop'))?.definition).toEqual({ ...DEFAULT_DEFINITION, currency: 'JPY' });
  rmSync(folder, { recursive: true, force: true });
});

test("what it makes in the data directory is its own user's alone", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cartledger-control-'));
  await using control = createControl({ dialect: 'sqlite', path: join(folder, 'data', 'control.sqlite') });
  await control.migrate();
  const modeOf = (...path: string[]) => (statSync(join(folder, 'data', ...path)).mode & 0o777).toString(8);
  expect(modeOf()).toBe('700');
  const files = readdirSync(join(folder, 'data'));
  expect(files.length).toBeGreaterThan(1);
  for (const file of files) expect([file, modeOf(file)]).toEqual([file, '600']);
  rmSync(folder, { recursive: true, force: true });
});
