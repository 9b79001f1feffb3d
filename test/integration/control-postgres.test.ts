import { createControl } from '@cartledger/control';
import { controlConformance } from '@cartledger/control/conformance';
import { expect, test } from 'vitest';
import { administer, newDatabase } from './postgres-database.ts';

controlConformance('PostgreSQL', async () => {
  const { url, drop } = await newDatabase();
  return { open: (now) => createControl({ dialect: 'postgres', url, maxConnections: 2 }, { now }), drop };
});

test('leases go by the clock of the server, whatever the clocks of those who share it say', async () => {
  const { url, drop } = await newDatabase();
  await using control = createControl({ dialect: 'postgres', url });
  await control.migrate();
  expect(await control.leases.acquire('job', 'a', 60_000)).toEqual({ token: 1 });
  expect(await control.leases.acquire('job', 'b', 60_000)).toBeNull();
  expect(await control.leases.acquire('short', 'a', 0)).toEqual({ token: 1 });
  expect(await control.leases.acquire('short', 'b', 60_000)).toEqual({ token: 2 });
  await control.close();
  await drop();
});

test('a connection the server cuts while idle ends nothing, and the next call works', async () => {
  const { url, drop } = await newDatabase();
  const cut = Promise.withResolvers<Error>();
  const control = createControl({ dialect: 'postgres', url, maxConnections: 1 }, { onError: cut.resolve });
  await control.migrate();
  await administer(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cartledger' and datname = '${new URL(url).pathname.slice(1)}'`,
  );
  expect(await cut.promise).toBeInstanceOf(Error);
  expect(await control.healthy()).toBe(true);
  await control.close();
  await drop();
});

test('a server that is not there makes calls fail, within seconds, and healthy() say no', async () => {
  await using control = createControl({ dialect: 'postgres', url: 'postgres://nobody@127.0.0.1:1/none' });
  expect(await control.healthy()).toBe(false);
  await expect(control.keys.verify(`ck_w_${'0'.repeat(12)}_${'A'.repeat(43)}`)).rejects.toThrow('ECONNREFUSED');
});
