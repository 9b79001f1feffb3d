import type { ClickHouse } from '@cartledger/clickhouse';
import { expect, test } from 'vitest';
import { createDirtyDays } from './dirty-days.ts';
import type { Fence } from './fence.ts';

const DAY = { store_id: 's', rollup: 'cart', day: '2027-01-09' } as const;

/** Under a token that the test names. */
const fenceOf = (token: () => number): Fence => ({
  token,
  write: (work) => work({ version: 2n, onlyIf: { sql: '1', params: {} } }),
  insertSelect: async () => {},
});

test('a day whose mark was given up and landed later is found dirty under the next token', async () => {
  let stored: object[] = [];
  let token = 1;
  const dirtyDays = createDirtyDays({
    clickhouse: {
      query: async () => stored,
      insertNative: () => Promise.reject(new Error('no answer in time')),
    } as unknown as ClickHouse,
    fence: fenceOf(() => token),
  });
  await expect(dirtyDays.mark([DAY])).rejects.toThrow('no answer');
  expect(await dirtyDays.list()).toEqual([]);
  stored = [{ ...DAY, as_of: 7 }];
  token++;
  expect(await dirtyDays.list()).toEqual([{ ...DAY, asOf: 7 }]);
});

test('a day that is frozen is never dirty, but whoever reads it is told that its ledger moves', async () => {
  const written: unknown[] = [];
  const dirtyDays = createDirtyDays({
    clickhouse: {
      query: async () => [{ ...DAY, day: '2026-12-31', as_of: 0 }],
      insertNative: async (_table: string, _columns: unknown, rows: unknown) => void written.push(rows),
    } as unknown as ClickHouse,
    fence: fenceOf(() => 1),
    isFrozen: ({ day }) => day < '2027-01-09',
  });
  await dirtyDays.mark([DAY, { ...DAY, day: '2027-01-08' }]);
  expect(written).toEqual([
    [
      expect.objectContaining({ day: DAY.day, dirty: true }),
      expect.objectContaining({ day: '2027-01-08', dirty: false }),
    ],
  ]);
  expect((await dirtyDays.list()).map(({ day }) => day)).toEqual([DAY.day]);
});
