import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
