import { expect, test } from 'vitest';
import { DEFAULT_DEFINITION, type Definition, type DefinitionVersion } from './definition.ts';
import { areCountedAlike, firstAlike } from './recount.ts';

const version = (number: number, change: Partial<Definition>, from: string | null = null): DefinitionVersion => ({
  from,
  definition: { ...DEFAULT_DEFINITION, ...change, version: number },
});
const FIRST = version(1, {});
const LAST_DAY = '2027-02-01';

test('targets, the source of rates and the age of events are in no row', () => {
  const second = version(2, { targets: { purchase: 0.1 }, fx_source: 'ecb', max_age_days: 30, retention_days: 60 });
  expect(areCountedAlike([FIRST, second], 1, LAST_DAY)).toBe(true);
});

test('every other field is', () => {
  const changes: Partial<Definition>[] = [
    { time_zone: 'Asia/Tokyo' },
    { currency: 'USD' },
    { stages: ['visit', 'purchase'] },
    { stage_predicates: { gold: { type: 'visit', properties: [{ property: 'tier', exists: true }] } } },
    { breakdown_properties: ['tier'] },
    { bots: { exclude: false, max_carts_per_day: 500 } },
    { funnels: [] },
    { idle_ms: 1 },
    { abandon_ms: 1 },
    { recovery_ms: 1 },
    { tie_tolerance_ms: 1 },
  ];
  for (const change of changes) expect(areCountedAlike([FIRST, version(2, change)], 1, LAST_DAY)).toBe(false);
});

test('what describes units counts from its day on, and what it puts back counts as before', () => {
  const later = version(2, { idle_ms: 1 }, '2027-02-02');
  expect(areCountedAlike([FIRST, later], 1, LAST_DAY)).toBe(true);
  expect(areCountedAlike([FIRST, later], 1, '2027-02-02')).toBe(false);
  const changed = version(2, { idle_ms: 1 }, '2027-01-01');
  expect(areCountedAlike([FIRST, changed, version(3, {}, '2027-01-01')], 2, LAST_DAY)).toBe(false);
  expect(areCountedAlike([FIRST, changed, version(3, {}, '2027-01-01')], 1, LAST_DAY)).toBe(true);
});

test('a change of history before the last version is seen', () => {
  const may = version(2, { stages: ['visit', 'purchase'] }, '2027-01-15');
  const early = version(3, { stages: ['visit'] });
  const mayAgain = version(4, { stages: ['visit', 'purchase'] }, '2027-01-15');
  expect(areCountedAlike([FIRST, may, early, mayAgain], 2, LAST_DAY)).toBe(false);
});

test('ledgers of a version that is not known, or newer, are not alike', () => {
  expect(areCountedAlike([FIRST], 2, LAST_DAY)).toBe(false);
  expect(areCountedAlike([], 1, LAST_DAY)).toBe(false);
});

test('rows name the first version that describes units as theirs', () => {
  const second = version(2, { targets: { purchase: 0.1 } });
  const third = version(3, { idle_ms: 1 }, '2027-01-01');
  expect([...firstAlike([FIRST, second, third, version(4, {}, '2027-02-01')])]).toEqual([
    [1, 1],
    [2, 1],
    [3, 3],
    [4, 1],
  ]);
});
