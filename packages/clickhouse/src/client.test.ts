import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createClickHouse } from './client.ts';

/** Takes requests and answers none, as a server does that hangs. */
const hang = async () => {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const clickhouse = createClickHouse({ url: `http://127.0.0.1:${port}`, database: 'd', maxOpenConnections: 1 });
  onTestFinished(async () => {
    server.closeAllConnections();
    await clickhouse.close();
    server.close();
  });
  return clickhouse;
};

const insert = (clickhouse: Awaited<ReturnType<typeof hang>>, timeoutMs?: number) =>
  clickhouse.insertNative('t', [{ name: 'n', type: 'UInt32' }], [{ n: 1 }], undefined, timeoutMs);

test('an insert is given up after its own time, and a ping after a short one, though another call holds the connection', async () => {
  const clickhouse = await hang();
  const held = insert(clickhouse).catch((error: unknown) => error);
  const begun = performance.now();
  await expect(insert(clickhouse, 200)).rejects.toMatchObject({ code: 'timeout', retriable: true });
  expect(await clickhouse.ping()).toBe(false);
  expect(performance.now() - begun).toBeLessThan(10_000);
  await clickhouse.close();
  expect(await held).toBeInstanceOf(Error);
});
