import { DEFAULT_DEFINITION, type Definition } from '@cartledger/funnel';
import { expect, test } from 'vitest';
import type { ReportQuery } from '../query.ts';
import { notKept } from './not-kept.ts';
import { planFunnel } from './plan.ts';

const query: ReportQuery = { store_id: 's', definition: DEFAULT_DEFINITION, from: '2026-01-01', to: '2026-01-31' };

/** The plan by a version that is in force on none of the days. */
const byLater = (change: Partial<Definition>, asked: Partial<ReportQuery> = {}) => {
  const definition = { ...DEFAULT_DEFINITION, ...change, version: 2 };
  const versions = [
    { from: null, definition: DEFAULT_DEFINITION },
    { from: '2026-02-01', definition },
  ];
  return planFunnel({ ...query, definition, versions, definition_version: 2, ...asked });
};

test('a funnel of another unit, mode or window is one to add to the store file', () => {
  const plan = planFunnel({ ...query, mode: 'strict', window_ms: 43_200_000 });
  expect(plan).toMatchObject({ kept: false, lacks: 'funnel' });
  expect(notKept(plan)).toEqual({
    why: 'The store does not keep the funnel (visitor, strict, within 12h) for these days',
    remedy: 'add it to the funnels of the store file: - {unit: visitor, mode: strict, window: 12h}',
  });
});

test('a funnel that is kept by other stages is not one to add', () => {
  const plan = byLater({ stages: ['visit', 'purchase'] });
  expect(plan).toMatchObject({ kept: false, lacks: 'stages' });
  const { why, remedy } = notKept(plan);
  expect(why).toContain('by other stages than those of version 2');
  expect(remedy).toBe('leave out definition_version, or give these days the stages of version 2');
});

test('a funnel that is kept without the breakdown is not one to add', () => {
  const plan = byLater({ breakdown_properties: ['plan'] }, { breakdown: 'property:plan' });
  expect(plan).toMatchObject({ kept: false, lacks: 'breakdown' });
  const { why, remedy } = notKept(plan);
  expect(why).toContain('but not its breakdown by property:plan');
  expect(remedy).toContain('breakdown_properties');
});

test('a version that counts as the days’ own does lacks nothing', () => {
  expect(byLater({ targets: { visit: 1 } })).toMatchObject({ kept: true, lacks: null });
});
