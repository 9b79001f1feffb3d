/** definitions.md 7: pipeline measures. */
import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../definition.ts';
import { tell } from '../testing/both-engines.ts';
import { add, buy, line, START, type Told } from './scenario.ts';

const DAY = 24 * 60;
const visit = (at: number, more: Partial<Told> = {}): Told => ({ type: 'visit', at, ...more });
const pipelineOf = (...args: Parameters<typeof tell>) => {
  const { pipeline } = tell(...args);
  if (pipeline === null) throw new Error('the default funnel is refused');
  return pipeline;
};
const cycleOf = (story: Told[]) => pipelineOf(story).sales_cycle;

describe('pipeline measures', () => {
  it('count leads with an event of any stage, and orders over leads', () => {
    const story = [
      visit(0),
      visit(0, { visitor_id: 'w' }),
      { type: 'cart_view', at: 0, visitor_id: 'not a stage' } as const,
      { type: 'product_view', at: 0, visitor_id: 'x' } as const,
      buy(1, 'o1'),
    ];
    expect(pipelineOf(story)).toMatchObject({ leads: 3, orders: 1, orders_per_lead: 0.333333 });
    expect(pipelineOf([])).toMatchObject({ leads: 0, orders: 0, orders_per_lead: null, average_order_value: {} });
  });

  it('count visitors as leads, whatever the unit of the default funnel', () => {
    const story = [visit(0), visit(60), visit(0, { visitor_id: 'w' })];
    const bySession = { unit: 'session', mode: 'ordered', window_ms: 60 * MINUTE_MS } as const;
    expect(pipelineOf(story, { definition: { funnels: [bySession] } })).toMatchObject({ leads: 2 });
    const carts = [add(0), buy(1, 'o1'), add(2), add(0, { visitor_id: 'w' })];
    expect(pipelineOf(carts, { definition: { funnels: [{ ...bySession, unit: 'cart' }] } })).toMatchObject({
      leads: 2,
    });
  });

  it('compare conversions with their targets', () => {
    const definition = { stages: ['visit', 'add_to_cart', 'purchase'], targets: { add_to_cart: 0.7, purchase: 0.1 } };
    const story = [visit(0), add(1), visit(0, { visitor_id: 'w' }), visit(0, { visitor_id: 'x' })];
    expect(pipelineOf(story, { definition }).stages).toEqual([
      { stage: 'visit', conversion_from_first: 1, target: null, difference: null },
      { stage: 'add_to_cart', conversion_from_first: 0.333333, target: 0.7, difference: -0.366667 },
      { stage: 'purchase', conversion_from_first: 0, target: 0.1, difference: -0.1 },
    ]);
  });

  it('have the average order value of each currency', () => {
    const story = [
      buy(0, 'o1', { items: [], amounts: { total: 10 } }),
      buy(1, 'o2', { items: [], amounts: { total: 20, shipping: 5 } }),
      add(2, { items: [line('U', 1)], currency: 'USD' }),
    ];
    // (10 + 15) / 2 = 12.5, to the even neighbour.
    expect(pipelineOf(story).average_order_value).toEqual({ EUR: 12n, USD: null });
  });

  it('tell what stands, is won, lost by reason, and stale', () => {
    const own = (visitor_id: string, value: number) => ({ visitor_id, items: [line('A', value)] });
    const story = [
      add(0, own('lost', 1)),
      { type: 'friction', at: 1, visitor_id: 'lost', friction: { code: 'payment_declined' } } as const,
      add(0, own('lost too', 2)),
      add(8 * DAY, own('stale', 4)),
      add(8 * DAY + 70, own('idle', 8)),
      add(8 * DAY + 110, own('active', 16)),
      add(0, own('won', 32)),
      buy(5, 'o1', own('won', 32)),
      add(0, own('won back', 64)),
      buy(500, 'o2', own('won back', 64)),
    ];
    expect(pipelineOf(story, { asOf: START + (8 * DAY + 120) * MINUTE_MS })).toMatchObject({
      standing: { carts: 2, value: { EUR: 24n } },
      won: { carts: 2, value: { EUR: 96n } },
      lost: {
        carts: 2,
        value: { EUR: 3n },
        reasons: [
          { code: 'none', carts: 1, value: { EUR: 2n } },
          { code: 'payment_declined', carts: 1, value: { EUR: 1n } },
        ],
      },
      stale: { carts: 1, value: { EUR: 4n } },
    });
  });
});

describe('the sales cycle', () => {
  it('runs from the visitor’s first event after his previous order to the order', () => {
    // 10 minutes to the first, 7 to the second, which nothing of the first cycle reaches.
    expect(cycleOf([visit(0), buy(10, 'o1'), visit(20), visit(25), buy(27, 'o2')])).toEqual({
      orders: 2,
      median_ms: 7 * MINUTE_MS,
      p90_ms: 10 * MINUTE_MS,
    });
  });

  it('is none where no event came since: purchases and refunds are none', () => {
    const thanks = buy(11, 'o1');
    expect(cycleOf([visit(0), buy(10, 'o1'), thanks, buy(20, 'o2')])).toMatchObject({ orders: 1 });
  });

  it('begins behind the previous order: an event at most the tolerance after it is before it', () => {
    expect(cycleOf([visit(0), buy(10, 'o1'), visit(10 + 2 / 60), buy(20, 'o2')])).toMatchObject({ orders: 1 });
    expect(cycleOf([visit(0), buy(10, 'o1'), visit(10 + 2.001 / 60), buy(20, 'o2')])).toMatchObject({ orders: 2 });
  });

  it('is at least 0, though its only event came just after the order', () => {
    expect(cycleOf([buy(0, 'o1'), visit(1 / 60)])).toEqual({ orders: 1, median_ms: 0, p90_ms: 0 });
  });

  it('is not begun by a test order', () => {
    const story = [visit(0), buy(5, 't', { test: true }), visit(6), buy(10, 'o1')];
    expect(cycleOf(story)).toMatchObject({ orders: 1, median_ms: 10 * MINUTE_MS });
  });
});

describe('a new buyer', () => {
  const newBuyers = (story: Told[], from = '2025-01-01') => pipelineOf(story, { from }).new_buyers;
  const k = { customer_id: 'k' };

  it('has no earlier order of his customer id, on whatever device', () => {
    const story = [buy(0, 'o1', k), buy(DAY, 'o2', { ...k, visitor_id: 'w' })];
    expect(newBuyers(story)).toBe(1);
    expect(newBuyers(story, '2026-01-06')).toBe(0);
  });

  it('is judged by his visitor only where the order has no customer id', () => {
    expect(newBuyers([buy(0, 'o1'), buy(1, 'o2')])).toBe(1);
    expect(newBuyers([buy(0, 'o1'), buy(1, 'o2', k)])).toBe(2);
    expect(newBuyers([buy(0, 'o1', k), buy(1, 'o2')])).toBe(1);
  });

  it('of two orders at one instant is that of the smaller order id, and tests do not count', () => {
    expect(newBuyers([buy(0, 'o2'), buy(0, 'o1')])).toBe(1);
    expect(newBuyers([buy(0, 't', { test: true }), buy(1, 'o1')])).toBe(1);
  });
});

describe('the bottleneck', () => {
  const definition = { stages: ['visit', 'add_to_cart', 'checkout'] };
  /** On a day so many visit, add and check out. */
  const crowd = (name: string, day: number, visits: number, adds: number, checkouts: number): Told[] =>
    Array.from({ length: visits }, (_, i) => {
      const visitor = { visitor_id: `${name}${i}` };
      const at = day * DAY;
      return [
        visit(at, visitor),
        ...(i < adds ? [add(at + 1, visitor)] : []),
        ...(i < checkouts ? [{ type: 'checkout', at: at + 2, ...visitor } as const] : []),
      ];
    }).flat();
  const bottleneckOf = (story: Told[]) =>
    pipelineOf(story, { definition, from: '2026-01-05', to: '2026-01-05' }).bottleneck;

  it('is the stage that lost most units against the 28 local days before', () => {
    // Before: 60 of 100 add, 30 of 60 check out. Now: 100 of 200 add (20 missing), 45 of 100 check out (5 missing).
    expect(bottleneckOf([...crowd('b', -28, 100, 60, 30), ...crowd('n', 0, 200, 100, 45)])).toEqual({
      stage: 'add_to_cart',
      units: 200,
      conversion: 0.5,
      mean_conversion: 0.6,
      units_missing: 20,
    });
  });

  it('looks at stages that at least 100 units could reach, and 28 days back, no more', () => {
    expect(bottleneckOf([...crowd('b', -1, 100, 60, 30), ...crowd('n', 0, 99, 10, 1)])).toBeNull();
    expect(bottleneckOf([...crowd('b', -29, 100, 60, 30), ...crowd('n', 0, 200, 100, 45)])).toBeNull();
  });

  it('compares days of the same age: those whose window is not over count neither now nor then', () => {
    const story = [...crowd('b', -1, 100, 60, 30), ...crowd('n', 0, 200, 100, 45), ...crowd('o', 1, 300, 0, 0)];
    const at = (day: number) =>
      pipelineOf(story, { definition, from: '2026-01-05', to: '2026-01-06', asOf: START + day * DAY * MINUTE_MS })
        .bottleneck;
    // Windows of a week: at noon of the 13th the 5th is closed, at noon of the 12th no day is.
    expect(at(8)).toMatchObject({ stage: 'add_to_cart', units: 200, units_missing: 20 });
    expect(at(7)).toBeNull();
    expect(at(9)).toMatchObject({ stage: 'add_to_cart', units: 500, units_missing: 200 });
  });

  it('is none where no stage is below its mean', () => {
    expect(bottleneckOf([...crowd('b', -1, 100, 50, 20), ...crowd('n', 0, 200, 100, 40)])).toBeNull();
  });
});
