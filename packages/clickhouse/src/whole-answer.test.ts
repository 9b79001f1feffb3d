import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { createClickHouse } from './client.ts';
import { defineQuery } from './query.ts';

const numbers = defineQuery({
  name: 'numbers',
  sql: 'SELECT number AS n FROM numbers(2)',
  params: z.object({}),
  row: z.object({ n: z.int() }),
});

const stack = new AsyncDisposableStack();
afterEach(() => stack.disposeAsync());

/** A server that says it has found two rows, whatever it answers. */
const answering = async (body: string) => {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'x-clickhouse-summary': '{"read_rows":"2","result_rows":"2"}' }).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return stack.use(createClickHouse({ url: `http://127.0.0.1:${address.port}`, database: 'default' }));
};

test('an answer that a full disk has cut off is a failure to be tried again, never fewer rows', async () => {
  const short = { name: 'ClickHouseError', code: 'short_answer', retriable: true };
  for (const body of ['', '{"n":0}\n', '{"n":0}\n{"n":1}']) {
    const clickhouse = await answering(body);
    await expect(clickhouse.query(numbers, {}), body).rejects.toMatchObject(short);
  }
  await expect((await answering('')).checkServer()).rejects.toMatchObject(short);
  expect(await (await answering('{"n":0}\n{"n":1}\n')).query(numbers, {})).toEqual([{ n: 0 }, { n: 1 }]);
});
