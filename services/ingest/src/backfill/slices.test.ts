import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSlices, type Slice, sliceAfter } from './slices.ts';

const found = fc.uniqueArray(
  fc.record({
    month: fc.constantFrom('0', '202610', '202611'),
    store_id: fc.constantFrom('a', 'a-b', 'b'),
    rows: fc.integer({ min: 1, max: 5_000_000 }),
  }),
  { selector: ({ month, store_id }) => `${month} ${store_id}` },
);
const inOrder = (a: Slice, b: Slice): number => (a.from < b.from ? -1 : 1);

test('slices are all there is, each hash once, however tables grow from one to the next', () => {
  fc.assert(
    fc.property(found, fc.array(fc.integer({ min: 0, max: 2_000_000 })), (stores, growth) => {
      const slices: Slice[] = [];
      let cursor: Parameters<typeof sliceAfter>[1] = null;
      for (let turn = 0; ; turn += 1) {
        const rows = stores
          .map((one) => ({ ...one, rows: one.rows + (growth[turn] ?? 0) }))
          .toSorted((a, b) => (`${a.month} ${a.store_id}` < `${b.month} ${b.store_id}` ? -1 : 1));
        const next = sliceAfter(rows, cursor);
        expect(next.done).toBeLessThanOrEqual(next.total);
        if (next.slice === null) break;
        slices.push(next.slice);
        cursor = next.cursor;
      }
      for (const { month, store_id } of stores) {
        const own = slices.filter((one) => one.month === month && one.store_id === store_id).toSorted(inOrder);
        expect(own[0]?.from).toBe(0n);
        expect(own.at(-1)?.to).toBe(2n ** 64n - 1n);
        for (const [index, { from }] of own.entries())
          if (index > 0) expect(from).toBe((own[index - 1]?.to ?? 0n) + 1n);
      }
    }),
    { numRuns: 200 },
  );
});

test('what there is is looked through once for all slices of one purpose, and again from the first one on', async () => {
  const asked: string[] = [];
  const found = [{ month: '202611', store_id: 'a', rows: 1_500_000 }];
  const next = createSlices({
    query: async ({ sql }) => {
      asked.push(sql);
      return found as never;
    },
  });
  let cursor: Parameters<typeof next>[2] = null;
  for (let slice = 0; slice < 3; slice += 1) cursor = (await next('4 copying', ['events'], cursor)).cursor;
  expect((await next('4 copying', ['events'], cursor)).slice).toBeNull();
  expect(asked).toHaveLength(1);
  await next('4 comparing', ['events'], cursor);
  await next('4 comparing', ['events', 'events_rebuilt_1'], cursor);
  await next('4 comparing', ['events', 'events_rebuilt_1'], null);
  expect(asked).toHaveLength(4);
});
