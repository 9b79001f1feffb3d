import type { Delivery } from '@cartledger/events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BREAKDOWNS,
  type Breakdown,
  DEFAULT_DEFINITION,
  type Definition,
  FUNNEL_MODES,
  FUNNEL_UNITS,
  HOUR_MS,
} from '../definition.ts';
import { apart, history } from './histories.ts';
import { mergeReference } from './merge.ts';
import { type ReferenceReports, reference } from './reports.ts';

const DEFINITION: Definition = {
  ...DEFAULT_DEFINITION,
  time_zone: 'Europe/Berlin',
  stages: ['visit', 'loud', 'add_to_cart', 'checkout', 'purchase'],
  stage_predicates: { loud: { type: 'product_view', properties: [{ property: 'n', greater_than: 4 }] } },
  targets: { purchase: 0.02 },
  breakdown_properties: ['n', 'tone'],
  fx_source: 'ecb',
  funnels: FUNNEL_UNITS.flatMap((unit) => FUNNEL_MODES.map((mode) => ({ unit, mode, window_ms: 2 * HOUR_MS }))),
};
const FX_RATES = ['2026-01-05', '2026-01-06', '2026-01-13'].map((day, i) => ({
  source: 'ecb',
  day,
  currency: 'USD',
  base: 'EUR',
  rate: `0.9${i + 1}`,
}));

const report = (deliveries: readonly Delivery[], breakdown: Breakdown): ReferenceReports =>
  reference({
    deliveries,
    definition: DEFINITION,
    asOf: Date.UTC(2027, 0, 1),
    from: '2026-01-05',
    to: '2026-01-12',
    breakdown,
    breakdownValues: 2,
    fxRates: FX_RATES,
  });

/** Orders of arrival inside say nothing, and money is compared whatever the order of its currencies. */
const comparable = ({ carried: _, times, ...reports }: ReferenceReports) => ({
  ...reports,
  times: times.map(({ place, values }) => ({ place, values: values.toSorted((a, b) => a - b) })),
});

const breakdowns = fc.constantFrom<Breakdown>(...BREAKDOWNS, 'property:n', 'property:tone');

describe('merged reports', () => {
  it('of any histories that do not hang together equal the reports of all their events', () => {
    const several = fc.array(history, { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(several, breakdowns, (histories, by) => {
        const parts = histories.map(apart);
        const merged = mergeReference(parts.map((part) => report(part, by)));
        expect(comparable(merged)).toEqual(comparable(report(parts.flat(), by)));
      }),
      { numRuns: 150, seed: 20260105 },
    );
  });

  it('may be merged again, in any grouping', () => {
    fc.assert(
      fc.property(fc.tuple(history, history, history), breakdowns, (histories, by) => {
        const [a, b, c] = histories.map((each, i) => report(apart(each, i), by));
        if (a === undefined || b === undefined || c === undefined)
          throw new Error('three histories have three reports');
        const left = mergeReference([mergeReference([a, b]), c]);
        expect(comparable(mergeReference([a, mergeReference([b, c])]))).toEqual(comparable(left));
      }),
      { numRuns: 50, seed: 20260106 },
    );
  });

  it('without times have no quantiles, and all else', () => {
    const [a, b] = [0, 1].map((n) => ({
      ...report(apart(fc.sample(history, { numRuns: 1, seed: 7 }).flat(), n), 'source'),
      times: [],
    }));
    if (a === undefined || b === undefined) throw new Error('two histories have two reports');
    const merged = mergeReference([a, b]);
    expect(merged.funnels.flat().every((stage) => stage.median_ms_to_next === null)).toBe(true);
    expect(merged.abandonment.carts.created).toBe(2 * a.abandonment.carts.created);
    expect(merged.funnels[0]?.[0]?.units).toBe(2 * (a.funnels[0]?.[0]?.units ?? -1));
  });
});
