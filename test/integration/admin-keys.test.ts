import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createControl } from '@cartledger/control';
import { expect, test } from 'vitest';
import { newDatabase } from './postgres-database.ts';

const CLI = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
const run = promisify(execFile);

test('admin keys are made, listed and revoked where the control store is reached, a store’s are not among them', async () => {
  const { url, drop } = await newDatabase();
  const keys = async (...args: string[]): Promise<string> => {
    const env = { PATH: process.env.PATH, CARTLEDGER_POSTGRES_URL: url };
    const { stdout, stderr } = await run(process.execPath, [CLI, 'keys', ...args], { env });
    return stdout + stderr;
  };
  await expect(keys('list', '--admin')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('cartledger migrate'),
  });
  // The first one: nothing has been made in this database before.
  const first = (await keys('create', '--scope', 'admin')).trim();
  const second = (await keys('create', '--scope', 'admin')).trim();
  await using control = createControl({ dialect: 'postgres', url });
  await control.stores.create('shop');
  const ofShop = await control.keys.create('shop', 'reports:read');
  const idOf = (key: string): string => key.split('_')[2] ?? '';

  expect(await keys('revoke', second, '--admin')).toBe(
    `Admin key ${idOf(second)} is revoked: it is refused everywhere within seconds.\n`,
  );
  expect([await control.keys.verify(first), await control.keys.verify(second)]).toMatchObject([
    { scope: 'admin' },
    null,
  ]);
  expect(JSON.parse(await keys('list', '--admin', '--format', 'json'))).toMatchObject([
    { key_id: idOf(first), scope: 'admin', revoked_at: null },
    { key_id: idOf(second), scope: 'admin', revoked_at: expect.any(String) },
  ]);
  for (const id of [second, ofShop.key_id])
    await expect(keys('revoke', id, '--admin')).rejects.toMatchObject({
      code: 1,
      stderr: `There is no admin key "${id === second ? idOf(second) : id}" that is not revoked yet.\n`,
    });
  expect(await control.keys.verify(ofShop.key)).not.toBeNull();

  await control.close();
  await drop();
});
