import { DEFAULT_DEFINITION, type Definition, type DefinitionVersion } from '@cartledger/funnel';
import { expect, test } from 'vitest';
import { ReportError } from '../errors.ts';
import type { ReportQuery } from '../query.ts';
import { planFunnel } from './plan.ts';

const query: ReportQuery = { store_id: 's', definition: DEFAULT_DEFINITION, from: '2026-01-01', to: '2026-01-31' };

const refusalOf = (asked: ReportQuery): { code: string; field: string | null; message: string } | null => {
  try {
    planFunnel(asked);
  } catch (error) {
    if (error instanceof ReportError) return { code: error.code, field: error.field, message: error.message };
    throw error;
  }
  return null;
};

const twoVersions = (change: Partial<Definition>, from: string | null = '2026-01-11'): ReportQuery => {
  const definition = { ...DEFAULT_DEFINITION, ...change, version: 2 };
  const versions: DefinitionVersion[] = [
    { from: null, definition: DEFAULT_DEFINITION },
    { from, definition },
  ];
  return { ...query, definition, versions };
};

test('the first funnel of the store answers when none is asked for, else the one that fits', () => {
  expect(planFunnel(query)).toMatchObject({ key: 'visitor/ordered/604800000', kept: true, definition_versions: [1] });
  expect(planFunnel({ ...query, unit: 'session' })).toMatchObject({ key: 'session/ordered/604800000', kept: true });
});

test('a funnel that the store does not keep is computed, what is not said taken from its first', () => {
  expect(planFunnel({ ...query, mode: 'strict' })).toMatchObject({ key: 'visitor/strict/604800000', kept: false });
  expect(planFunnel({ ...query, unit: 'cart', window_ms: 5 })).toMatchObject({
    key: 'cart/ordered/5',
    kept: false,
    stages: ['add_to_cart', 'checkout', 'purchase'],
    leftOut: ['visit', 'product_view'],
  });
});

test('a window that is none is refused', () => {
  for (const window_ms of [0, -1, 1.5, 1e15])
    expect(refusalOf({ ...query, window_ms })).toMatchObject({ code: 'bad_window', field: 'window_ms' });
});

test('days under other stages than the rest are refused, named with their versions', () => {
  expect(refusalOf(twoVersions({ stages: ['visit', 'purchase'] }))).toMatchObject({
    code: 'several_versions',
    field: 'definition_version',
    message: expect.stringContaining('version 1 (2026-01-01 to 2026-01-10), version 2 (2026-01-11 to 2026-01-31)'),
  });
  const funnels = [{ unit: 'session', mode: 'open', window_ms: 60_000 }] as const;
  expect(refusalOf(twoVersions({ funnels }))).toMatchObject({ code: 'several_versions' });
  expect(refusalOf({ ...twoVersions({ funnels }), to: '2026-01-10' })).toBeNull();
});

test('the default funnel is that of the version in force on the days: a later change leaves them alone', () => {
  const days = { unit: 'visitor', mode: 'ordered' } as const;
  const week = { ...days, window_ms: 604_800_000 };
  const fortnight = { ...days, window_ms: 1_209_600_000 };
  const changed = twoVersions({ funnels: [fortnight] }, '2026-02-01');
  expect(planFunnel(changed)).toMatchObject({ key: 'visitor/ordered/604800000', kept: true });
  expect(planFunnel({ ...changed, from: '2026-02-01', to: '2026-02-28' })).toMatchObject({
    key: 'visitor/ordered/1209600000',
    kept: true,
  });
  expect(planFunnel({ ...changed, unit: 'visitor' })).toMatchObject({ key: 'visitor/ordered/604800000', kept: true });
  const both = { ...changed, to: '2026-02-28' };
  for (const asked of [both, { ...both, mode: 'ordered' } as const])
    expect(refusalOf(asked)).toMatchObject({ code: 'several_versions' });
  expect(planFunnel({ ...both, ...days, window_ms: 5 })).toMatchObject({ key: 'visitor/ordered/5', kept: false });
  // Kept on all days, but another one is the default on some.
  const swapped = twoVersions({ funnels: [fortnight, week] }, '2026-02-01');
  const oldest = { ...DEFAULT_DEFINITION, funnels: [week, fortnight] };
  const versions = [{ from: null, definition: oldest }, ...(swapped.versions ?? []).slice(1)];
  expect(refusalOf({ ...swapped, versions, to: '2026-02-28' })).toMatchObject({ code: 'several_versions' });
  expect(planFunnel({ ...swapped, versions, to: '2026-02-28', ...week })).toMatchObject({ kept: true });
});

test('versions that count the funnel alike, or that are not in force in the period, are no hindrance', () => {
  expect(planFunnel(twoVersions({ abandon_ms: 1 }))).toMatchObject({ kept: true, definition_versions: [1, 2] });
  expect(planFunnel(twoVersions({ stages: ['visit'] }, '2026-02-01'))).toMatchObject({ definition_versions: [1] });
  expect(planFunnel(twoVersions({ stages: ['visit'] }, null))).toMatchObject({ stages: ['visit'], kept: true });
});

test('the whole period is counted by the version asked for, from the events where another was in force', () => {
  const several = twoVersions({ stages: ['visit', 'purchase'] });
  const old = planFunnel({ ...several, definition_version: 1 });
  expect(old).toMatchObject({ kept: false, definition_versions: [1], stages: DEFAULT_DEFINITION.stages });
  expect(old.versions).toMatchObject([{ from: null, definition: { version: 1, funnels: [old.funnel] } }]);
  expect(planFunnel({ ...several, to: '2026-01-10', definition_version: 1 })).toMatchObject({ kept: true });
  expect(refusalOf({ ...several, definition_version: 3 })).toMatchObject({ code: 'no_such_version' });
});

test('a breakdown is of the allow-list of all days of the period, and the refusal says what that is', () => {
  expect(planFunnel({ ...query, breakdown: 'device' })).toMatchObject({ breakdown: 'device', kept: true });
  const since = twoVersions({ breakdown_properties: ['plan'] });
  expect(refusalOf({ ...since, breakdown: 'property:plan' })).toMatchObject({
    code: 'no_such_breakdown',
    message: expect.stringContaining('version 1 does not allow'),
  });
  expect(planFunnel({ ...since, from: '2026-01-11', breakdown: 'property:plan' })).toMatchObject({ kept: true });
  expect(planFunnel({ ...since, definition_version: 2, breakdown: 'property:plan' })).toMatchObject({ kept: false });
  for (const breakdown_values of [0, 101, 1.5])
    expect(refusalOf({ ...query, breakdown_values })).toMatchObject({ code: 'bad_breakdown_values' });
});
