import { expect, test } from 'vitest';
import { isRewinding } from './rewinding.ts';

const rewinding = (of: { epoch?: string; receipt?: string; committed?: bigint }): Promise<boolean> =>
  isRewinding(
    {
      orders: {
        rewind: async () => ({ id: 'o1', at: 1, epoch: of.epoch ?? 'abc', targets: [{ partition: 0, asked: 5n }] }),
        rewindReceipt: async () => ({ id: of.receipt ?? 'o1', by: 'w', from: 50n, to: 5n, countsExact: true, at: 2 }),
      },
      log: { committed: async () => new Map([[0, { offset: of.committed ?? 50n, metadata: '' }]]) },
    },
    { topic: 'events', groupId: 'ingest', epoch: 'abc' },
  );

test('a rewind is under way until every partition has obeyed and is back where it stood', async () => {
  expect(await rewinding({ receipt: 'an earlier order' })).toBe(true);
  expect(await rewinding({ committed: 49n })).toBe(true);
  expect(await rewinding({ committed: 50n })).toBe(false);
  expect(await rewinding({ receipt: 'an earlier order', epoch: 'another life' })).toBe(false);
});
