import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { serveHttp } from './http-server.ts';

test('a request in the making is answered after stop, and no other is taken', async () => {
  const entered = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<string>();
  const app = new Hono().get('/', async (c) => {
    entered.resolve();
    return c.text(await answer.promise);
  });
  const server = await serveHttp({ app, host: '127.0.0.1', port: 0 });
  const first = fetch(server.url);
  await entered.promise;
  const stopped = server.stop();
  answer.resolve('done');
  expect(await (await first).text()).toBe('done');
  await stopped;
  await expect(fetch(server.url)).rejects.toThrow();
});

test('a sender that does not finish its body in time is cut off', async () => {
  const app = new Hono().post('/', async (c) => c.text(await c.req.text()));
  const server = await serveHttp({ app, host: '127.0.0.1', port: 0, requestTimeoutMs: 100 });
  const socket = connect(server.port, '127.0.0.1');
  let got = '';
  const closed = Promise.withResolvers<void>();
  socket.on('data', (data) => {
    got += data.toString();
  });
  socket.on('close', () => closed.resolve());
  socket.on('error', () => closed.resolve());
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"events');
  await closed.promise;
  expect(got).toMatch(/^(HTTP\/1\.1 408 |$)/);
  await server.stop();
});

test('an address that is taken is an error, not a silent process', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = other.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await expect(serveHttp({ app: new Hono(), host: '127.0.0.1', port })).rejects.toThrow(
    `port ${port} of 127.0.0.1 is taken by another process: stop that one, or choose another port`,
  );
  await new Promise((resolve) => other.close(resolve));
});

test('a connection over the limit is closed as it comes', async () => {
  const server = await serveHttp({ app: new Hono(), host: '127.0.0.1', port: 0, maxConnections: 1 });
  const first = connect(server.port, '127.0.0.1');
  await once(first, 'connect');
  const second = connect(server.port, '127.0.0.1');
  await once(second, 'close');
  expect(first.destroyed).toBe(false);
  first.destroy();
  await server.stop();
});
