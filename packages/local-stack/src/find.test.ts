import { createServer } from 'node:net';
import { expect, test, vi } from 'vitest';
import { readConfig } from './config.ts';
import { find, type Search } from './find.ts';

const started = (address: string) => ({ address, stop: async () => {} });
const fails = async () => {
  throw new Error('not here');
};
const search = (given: Partial<Search>): Search => ({
  name: 'Store',
  variable: 'CARTLEDGER_STORE_URL',
  given: undefined,
  remedy: 'install the store',
  local: async () => started('local:1'),
  container: async () => started('container:1'),
  ...given,
});

test('the address in the environment comes first, and is left running', async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const given = `127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0},127.0.0.1:1`;
  const local = vi.fn<Search['local']>();
  await using found = await find(search({ given, local }));
  expect(found).toMatchObject({ via: 'environment', address: given });
  expect(local).not.toHaveBeenCalled();
  await found.stop();
  expect(server.listening).toBe(true);
  await new Promise((resolve) => server.close(resolve));
});

test('an address in the environment at which nothing answers is an error, not a reason to take another', async () => {
  await expect(find(search({ given: 'http://127.0.0.1:1' }))).rejects.toThrow(
    'nothing answers at the address in CARTLEDGER_STORE_URL',
  );
});

test('the local process comes before the container', async () => {
  expect(await find(search({}))).toMatchObject({ via: 'local', address: 'local:1' });
  expect(await find(search({ local: fails }))).toMatchObject({ via: 'container', address: 'container:1' });
});

test('when nothing works, the error says what to set or install and why each way failed', async () => {
  const message = await find(search({ local: fails, container: fails })).catch(String);
  expect(message).toContain('Set CARTLEDGER_STORE_URL to the address of one, or install the store');
  expect(message).toContain('As a local process: not here');
  expect(message).toContain('As a container: not here');
});

test('a variable set to nothing is not set', () => {
  expect(readConfig({ CARTLEDGER_KAFKA_BROKERS: '', CARTLEDGER_POSTGRES_URL: 'postgres://x' })).toEqual({
    clickhouseUrl: undefined,
    kafkaBrokers: undefined,
    postgresUrl: 'postgres://x',
  });
});
