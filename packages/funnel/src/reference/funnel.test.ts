import { describe, expect, it } from 'vitest';
import { type Funnel, type FunnelMode, MINUTE_MS } from '../definition.ts';
import { tell } from '../testing/both-engines.ts';
import type { Told } from './scenario.ts';

const STAGES = ['visit', 'product_view', 'checkout'];
const SECOND = 1 / 60;
const DAY = 24 * 60;

const told = (type: 'visit' | 'product_view' | 'checkout', at: number, more: Partial<Told> = {}): Told => ({
  type,
  at,
  ...more,
});

const funnelOf = (
  story: Told[],
  mode: FunnelMode,
  more: { unit?: Funnel['unit']; stages?: string[]; from?: string; to?: string } = {},
) => {
  const { unit = 'visitor', stages = STAGES, ...period } = more;
  const funnels = [{ unit, mode, window_ms: 60 * MINUTE_MS }];
  return tell(story, { definition: { stages, funnels }, ...period }).funnels[0] ?? [];
};
const units = (...args: Parameters<typeof funnelOf>) => funnelOf(...args).map((stage) => stage.units);

describe('an ordered funnel', () => {
  it('forgives the tie tolerance, and no more', () => {
    expect(units([told('product_view', 0), told('visit', 2 * SECOND)], 'ordered')).toEqual([1, 1, 0]);
    expect(units([told('product_view', 0), told('visit', 2.001 * SECOND)], 'ordered')).toEqual([1, 0, 0]);
  });

  it('measures the tolerance from the furthest time so far and the window from the start', () => {
    // M stays at the visit's time, so the checkout may be as early as 2 s before it.
    expect(
      units([told('product_view', 0), told('checkout', 0.001 * SECOND), told('visit', 2 * SECOND)], 'ordered'),
    ).toEqual([1, 1, 1]);
    expect(units([told('visit', 0), told('product_view', 59), told('checkout', 60)], 'ordered')).toEqual([1, 1, 1]);
    expect(units([told('visit', 0), told('product_view', 59), told('checkout', 60.001)], 'ordered')).toEqual([1, 1, 0]);
  });

  it('ignores repeats between', () => {
    expect(units([told('visit', 0), told('visit', 1), told('product_view', 2)], 'ordered')).toEqual([1, 1, 0]);
  });

  it('fills one stage with one event', () => {
    expect(units([told('visit', 0)], 'ordered', { stages: ['visit', 'visit'] })).toEqual([1, 0]);
  });

  it('times the steps of the units that made them', () => {
    const [first, second] = funnelOf(
      [told('product_view', 0), told('visit', SECOND), told('checkout', 3 * SECOND)],
      'ordered',
    );
    expect(first).toMatchObject({ median_ms_to_next: 0, p90_ms_to_next: 0 });
    expect(second).toMatchObject({ median_ms_to_next: 2_000, p90_ms_to_next: 2_000 });
  });

  it('takes the start that reaches furthest, then the earliest', () => {
    const story = [
      told('visit', 0),
      told('product_view', 10),
      told('visit', 30),
      told('product_view', 40),
      told('checkout', 70),
    ];
    const [first, second] = funnelOf(story, 'ordered');
    expect(first?.median_ms_to_next).toBe(10 * MINUTE_MS);
    expect(second?.median_ms_to_next).toBe(30 * MINUTE_MS);
  });
});

describe('two starts of one day', () => {
  it('that get equally far count as the earlier', () => {
    const [first] = funnelOf([told('visit', 0), told('visit', 5), told('product_view', 10)], 'ordered');
    expect(first).toMatchObject({ units: 1, median_ms_to_next: 10 * MINUTE_MS });
  });
});

describe('a strict funnel', () => {
  it('is broken by a repeat, which starts anew', () => {
    expect(
      units([told('visit', 0), told('product_view', 1), told('product_view', 2), told('checkout', 3)], 'strict'),
    ).toEqual([1, 1, 0]);
    expect(units([told('visit', 0), told('visit', 1), told('product_view', 2), told('checkout', 3)], 'strict')).toEqual(
      [1, 1, 1],
    );
  });

  it('is not broken by events of no stage', () => {
    expect(units([told('visit', 0), { type: 'custom:x', at: 1 }, told('product_view', 2)], 'strict')).toEqual([
      1, 1, 0,
    ]);
  });
});

describe('a funnel in any order', () => {
  it('looks both ways over the window, and one event may fill several stages', () => {
    expect(units([told('product_view', 0), told('visit', 60)], 'any')).toEqual([1, 1, 0]);
    expect(units([told('product_view', 0), told('visit', 60.001)], 'any')).toEqual([1, 0, 0]);
    expect(units([told('visit', 0)], 'any', { stages: ['visit', 'visit'] })).toEqual([1, 1]);
    expect(units([told('visit', 0), told('checkout', 1)], 'any')).toEqual([1, 0, 0]);
  });
});

describe('an open funnel', () => {
  it('counts every stage from the day’s first event on, wherever that entered', () => {
    const stages = funnelOf([told('product_view', 0), told('checkout', 60), told('visit', 61)], 'open');
    expect(stages).toMatchObject([
      { units: 0, units_any: 1, conversion_from_first: null, conversion_from_previous: null, dropped: 0 },
      { units: 1, units_any: 1, conversion_from_previous: null, dropped: 0, median_ms_to_next: null },
      { units: 1, units_any: 1, conversion_from_previous: 1, dropped: 0 },
    ]);
  });
});

describe('units and periods', () => {
  it('a period counts a unit once, at its furthest day, while its days list it twice', () => {
    const story = [told('visit', 0), told('visit', DAY), told('product_view', DAY + 1)];
    expect(units(story, 'ordered')).toEqual([1, 1, 0]);
    expect(units(story, 'ordered', { from: '2026-01-05', to: '2026-01-05' })).toEqual([1, 0, 0]);
    expect(units(story, 'ordered', { from: '2026-01-06', to: '2026-01-06' })).toEqual([1, 1, 0]);
  });

  it('a session belongs to the day of its first event', () => {
    // 23:50 and 00:10: the session is the first day's, and its view counts there.
    const story = [told('visit', 11 * 60 + 50), told('product_view', 12 * 60 + 10)];
    const first = funnelOf(story, 'ordered', { unit: 'session', from: '2026-01-05', to: '2026-01-05' });
    expect(first.map((stage) => stage.units_any)).toEqual([1, 1, 0]);
    const second = funnelOf(story, 'ordered', { unit: 'session', from: '2026-01-06', to: '2026-01-06' });
    expect(second.map((stage) => stage.units_any)).toEqual([0, 0, 0]);
  });

  it('30 minutes without an event end a session, unless it has an id', () => {
    const bySession = (story: Told[]) => units(story, 'ordered', { unit: 'session' })[0];
    expect(bySession([told('visit', 0), told('visit', 30)])).toBe(1);
    expect(bySession([told('visit', 0), told('visit', 30.001)])).toBe(2);
    expect(
      bySession([
        told('visit', 0, { session_id: 'x' }),
        told('visit', 20, { session_id: 'y' }),
        told('visit', 21),
        told('visit', 300, { session_id: 'x' }),
      ]),
    ).toBe(2);
  });

  it('a cart has no visits and product views of its own', () => {
    const cart: Told[] = [
      { type: 'add_to_cart', at: 0, items: [{ product_id: 'A', quantity: 1 }] },
      told('visit', 1),
      told('checkout', 2),
    ];
    expect(funnelOf(cart, 'ordered', { unit: 'cart', stages: ['visit', 'add_to_cart', 'checkout'] })).toMatchObject([
      { stage: 'add_to_cart', units: 1 },
      { stage: 'checkout', units: 1 },
    ]);
  });

  it('the stage purchase counts an order once, however many purchase events told of it', () => {
    const buy = (at: number): Told => ({ type: 'purchase', at, order_id: 'o1', amounts: { total: 5 } });
    expect(units([told('visit', 0), buy(1), buy(2)], 'ordered', { stages: ['visit', 'purchase', 'purchase'] })).toEqual(
      [1, 1, 0],
    );
  });

  it('an order stands after the checkout and before the refund of its instant', () => {
    const story: Told[] = [
      { type: 'refund', at: 0, order_id: 'o1', refund_id: 'r', source: 'server', amounts: { total: 5 } },
      { type: 'purchase', at: 0, order_id: 'o1', amounts: { total: 5 } },
      told('checkout', 0),
    ];
    expect(units(story, 'strict', { stages: ['checkout', 'purchase', 'refund'] })).toEqual([1, 1, 1]);
  });

  it('a stage may be one step of the checkout', () => {
    const pay = told('checkout', 1, { checkout_step: 'payment' });
    expect(units([told('checkout', 0), pay], 'ordered', { stages: ['checkout.start', 'checkout.payment'] })).toEqual([
      1, 1,
    ]);
  });
});
