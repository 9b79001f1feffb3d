import { DEFAULT_DEFINITION, type JourneyRow, NEVER_AFTER, NEVER_BEFORE } from '@cartledger/funnel';
import { expect, test } from 'vitest';
import { createRowFold } from './fold-rows.ts';
import { planFunnel } from './plan.ts';

const definition = { ...DEFAULT_DEFINITION, stages: ['visit', 'add_to_cart', 'purchase'] };
const period = { from: '2026-01-01', to: '2026-01-31' };
const planBy = (breakdown?: 'source' | 'product') =>
  planFunnel({ store_id: 's', definition, ...period, ...(breakdown && { breakdown }) });

const row = (fields: Partial<JourneyRow>): JourneyRow => ({
  kind: 'journey',
  node: 'v:v',
  unit_id: 'v',
  visitor_id: fields.unit_id ?? 'v',
  funnel: 'visitor/ordered/604800000',
  day: '2026-01-10',
  hit: 0b001,
  any: 0b001,
  started_at: 1,
  ms_to_next: [],
  definition_version: 1,
  counted_after: NEVER_BEFORE,
  counted_before: NEVER_AFTER,
  any_after: [NEVER_BEFORE],
  dimensions: [],
  excluded: false,
  ...fields,
});

const fold = (rows: readonly JourneyRow[], breakdown?: 'source' | 'product', limit = 10) => {
  const counting = createRowFold(planBy(breakdown), period);
  for (const each of rows) counting.add(each);
  return counting.finish(limit);
};

test('a row counts when no better one of its unit is in the period', () => {
  const { stages, leads } = fold([
    row({ hit: 0b111, any: 0b111, any_after: [NEVER_BEFORE, NEVER_BEFORE, NEVER_BEFORE], ms_to_next: [10, 20] }),
    row({ day: '2026-01-20', counted_after: '2026-01-10', any_after: ['2026-01-10'] }),
    // Another unit, better on a day before the period and on one after it.
    row({ unit_id: 'w', counted_after: '2025-12-31', counted_before: '2026-02-01', any_after: ['2025-12-31'] }),
    row({ unit_id: 'x', counted_before: '2026-01-31' }),
    row({ unit_id: 'bot', excluded: true }),
    row({ unit_id: 'y', day: '2026-02-01' }),
    row({ unit_id: 'z', funnel: 'visitor/strict/604800000' }),
  ]);
  expect(stages.map(({ units, units_any }) => [units, units_any])).toEqual([
    [2, 3],
    [1, 1],
    [1, 1],
  ]);
  expect(stages[0]).toMatchObject({ median_ms_to_next: 10, p90_ms_to_next: 10, dropped: 1 });
  expect(leads).toBe(3);
});

test('the last day of a stage is of all history, by the stages of the version that the day was counted by', () => {
  const plan = planBy();
  const newer = { ...definition, version: 2, stages: ['cart_view', 'purchase'] };
  const counting = createRowFold(
    { ...plan, versions: [...plan.versions, { from: '2026-02-01', definition: newer }] },
    period,
  );
  counting.add(row({ day: '2025-12-01', any: 0b011, any_after: [NEVER_BEFORE, NEVER_BEFORE] }));
  counting.add(row({ day: '2026-01-10' }));
  counting.add(row({ day: '2026-02-03', any: 0b010, definition_version: 2 }));
  counting.add(row({ day: '2026-03-01', excluded: true }));
  counting.add(row({ day: '2026-03-01', funnel: 'visitor/strict/604800000' }));
  expect(counting.finish(10).lastSeen).toEqual(
    new Map([
      ['visit', '2026-01-10'],
      ['add_to_cart', '2025-12-01'],
      ['purchase', '2026-02-03'],
    ]),
  );
});

test('leads are visitors, whatever the unit', () => {
  const of = (visitor_id: string, unit_id: string) => row({ unit_id, visitor_id });
  expect(fold([of('v', 'session 1'), of('v', 'session 2'), of('w', 'session 3')]).leads).toBe(2);
});

test('values go by units at the first stage, then by their bytes; the rest are one', () => {
  const from = (unit_id: string, ...values: string[]) =>
    row({ unit_id, dimensions: values.map((value) => ({ name: 'source', value })) });
  const rows = [from('a', 'mail'), from('b', 'mail'), from('c'), from('d', 'b'), from('e', 'a')];
  const values = fold(rows, 'source', 3).breakdown?.values.map(({ value, stages }) => [value, stages[0]?.units]);
  expect(values).toEqual([
    ['mail', 2],
    ['(none)', 1],
    ['a', 1],
    ['other', 1],
  ]);
  expect(fold(rows, 'source', 4).breakdown?.values).toHaveLength(4);
});

test('a unit with several values stands under each, and once under the rest', () => {
  const products = (unit_id: string, ...values: string[]) =>
    row({ unit_id, dimensions: values.map((value) => ({ name: 'product', value })) });
  const { breakdown } = fold([products('a', 'A', 'B', 'C'), products('b', 'A')], 'product', 1);
  expect(breakdown?.overlapping).toBe(true);
  expect(breakdown?.values.map(({ value, stages }) => [value, stages[0]?.units])).toEqual([
    ['A', 2],
    ['other', 1],
  ]);
});

const MANY = 100_000;
const ofValue = (n: number) => row({ unit_id: `u${n}`, dimensions: [{ name: 'source', value: `value ${n}` }] });

test('a breakdown of a hundred thousand values takes no longer than reading them', () => {
  const counting = createRowFold(planBy('source'), period);
  for (let n = 0; n < MANY; n++) counting.add(ofValue(n));
  const begun = performance.now();
  const { breakdown } = counting.finish(100);
  // Looking for each value among those listed for each of them took fifteen seconds.
  expect(performance.now() - begun).toBeLessThan(5_000);
  expect(breakdown?.values).toHaveLength(101);
  expect(breakdown?.values.at(-1)?.stages[0]?.units).toBe(MANY - 100);
});

test('more values than memory is kept for are refused', () => {
  const counting = createRowFold(planBy('source'), period);
  for (let n = 0; n < MANY; n++) counting.add(ofValue(n));
  counting.add(ofValue(0));
  expect(() => counting.add(ofValue(MANY))).toThrow(/source has more than 100000 values/);
});
