import { DAY_MS, DEFAULT_DEFINITION } from '@cartledger/funnel';
import { expect, test } from 'vitest';
import { planFunnel } from '../funnel/plan.ts';
import type { ReportQuery } from '../query.ts';
import { planComparison } from './before.ts';

const query: ReportQuery = { store_id: 's', definition: DEFAULT_DEFINITION, from: '2026-02-01', to: '2026-02-10' };
const at = (day: string, asked = query) => planComparison(asked, planFunnel(asked), Date.parse(`${day}T00:00:00Z`));

test('a bottleneck compares days of the same age: those whose windows are over, and the 28 days before', () => {
  // The week of the default window after the 3rd is over when the 11th begins.
  expect(at('2026-02-11')).toMatchObject({
    closed: { from: '2026-02-01', to: '2026-02-03' },
    before: { query: { from: '2026-01-04', to: '2026-01-31' } },
  });
  expect(at('2026-02-09')).toMatchObject({ closed: { from: '2026-02-01', to: '2026-02-01' } });
  expect(at('2026-03-01')).toMatchObject({ closed: { from: '2026-02-01', to: '2026-02-10' } });
});

test('while no day of the period is closed, or where other stages counted the days before, nothing is compared', () => {
  expect(planComparison(query, planFunnel(query), Date.parse('2026-02-09T00:00:00Z') - 1)).toBeNull();
  expect(at('2026-02-08')).toBeNull();
  const newest = {
    ...DEFAULT_DEFINITION,
    version: 2,
    funnels: [{ unit: 'visitor', mode: 'any', window_ms: DAY_MS }] as const,
  };
  const versions = [
    { from: null, definition: DEFAULT_DEFINITION },
    { from: '2026-01-20', definition: newest },
  ];
  expect(at('2026-03-01', { ...query, definition: newest, versions })).toBeNull();
});
