import type { ClickHouse } from '@cartledger/clickhouse';
import { expect, test } from 'vitest';
import type { dayPlaces } from './day-places.ts';
import type { DirtyDay, DirtyDays } from './dirty-days.ts';
import type { Fence } from './fence.ts';
import type { Restatements } from './restatements.ts';
import { createRollups } from './rollups.ts';

const dayOf = (i: number): string => new Date(Date.parse('2027-01-01') + i * 86_400_000).toISOString().slice(0, 10);

const dirtyDays = (store_id: string, days: number): DirtyDay[] =>
  Array.from({ length: days }, (_, i) => ({ store_id, rollup: 'cart' as const, day: dayOf(i), asOf: 0 }));

/** The steps that dirty days are made in, when each has as many ledger rows. */
const stepsOf = async (dirty: readonly DirtyDay[], ledger_rows: number): Promise<DirtyDay[][]> => {
  const query = async (_: unknown, { stores, store_numbers, days }: ReturnType<typeof dayPlaces>) =>
    days.map((day, i) => ({ store_id: stores[(store_numbers[i] ?? 0) - 1], day, ledger_rows }));
  const { stepsOf } = createRollups({
    clickhouse: { query } as unknown as ClickHouse,
    fence: {} as Fence,
    dirtyDays: {} as DirtyDays,
    restatements: {} as Restatements,
  });
  const steps: DirtyDay[][] = [];
  for await (const step of stepsOf(dirty)) steps.push(step);
  return steps;
};

test('days of few rows are made together, of whichever stores, in the order given', async () => {
  const dirty = [...dirtyDays('a', 3), ...dirtyDays('b', 2)];
  expect(await stepsOf(dirty, 10)).toEqual([dirty]);
});

test('all rollups of a day are made in one step', async () => {
  const [day] = dirtyDays('a', 1);
  if (!day) throw new Error('no day');
  const others = dirtyDays('b', 40);
  const [first] = await stepsOf([day, ...others, { ...day, rollup: 'funnel' }], 10);
  expect(first?.slice(0, 2)).toEqual([day, { ...day, rollup: 'funnel' }]);
});

test('what a step reads is bounded, and a day of any size is made', async () => {
  expect((await stepsOf(dirtyDays('a', 5), 200_000)).map((step) => step.length)).toEqual([2, 2, 1]);
  expect((await stepsOf(dirtyDays('a', 2), 9_000_000)).map((step) => step.length)).toEqual([1, 1]);
});

test('more and more days are made at once as long as they are small', async () => {
  const steps = await stepsOf(dirtyDays('a', 2_000), 1);
  expect(steps.map((step) => step.length)).toEqual([32, 128, 512, 512, 512, 304]);
});
