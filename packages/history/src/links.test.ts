import type { ClickHouse } from '@cartledger/clickhouse';
import { expect, test } from 'vitest';
import { createLinks } from './links.ts';

const no = () => {
  throw new Error('not asked');
};

/** A server whose graph is one cart under endless visitors; `sent` counts the edges it had to send. */
const endless = () => {
  const sent = { edges: 0 };
  const clickhouse: ClickHouse = {
    database: 'test',
    query: async (query) => [query.row.parse({ name: 'cart_id', id: 'undefined' })],
    stream: async function* (query, params) {
      const { nodes } = params as unknown as { nodes: bigint[] };
      if (nodes[0] !== 1n)
        for (let visitor = 2; visitor < 1_000_000; visitor++, sent.edges++)
          yield query.row.parse({ store_id: 's', node: '1000000', neighbor: String(visitor) });
      else yield query.row.parse({ store_id: 's', node: '1', neighbor: '1000000' });
    },
    command: no,
    insertNative: no,
    ensureDatabase: no,
    checkServer: no,
    ping: no,
    close: no,
    [Symbol.asyncDispose]: no,
  };
  return { clickhouse, sent };
};

test('a component is followed no further than the events of the limit can reach, and its hub is named', async () => {
  const { clickhouse, sent } = endless();
  const close = createLinks(clickhouse).close(new Map([['s', [1n]]]), 100);
  await expect(close).rejects.toMatchObject({
    code: 'component_too_large',
    message: expect.stringMatching(/202 visitors.*cart_id undefined/),
  });
  expect(sent.edges).toBeLessThan(300);
});
