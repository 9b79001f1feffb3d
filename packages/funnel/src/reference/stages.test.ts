/** definitions.md 5: stages, chains and what a period counts, where funnel.test.ts does not say it. */
import { describe, expect, it } from 'vitest';
import { DAY_MS, type Definition, MINUTE_MS, type PropertyTest } from '../definition.ts';
import { tell } from '../testing/both-engines.ts';
import { add, buy, line, type Told } from './scenario.ts';

const DAY = 24 * 60;
const visit = (at: number, more: Partial<Told> = {}): Told => ({ type: 'visit', at, ...more });
const look = (at: number, more: Partial<Told> = {}): Told => ({ type: 'product_view', at, ...more });

const funnelOf = (story: Told[], definition: Partial<Definition>, period: { from?: string; to?: string } = {}) =>
  tell(story, { definition, ...period }).funnels[0] ?? [];

describe('a stage of the store’s own', () => {
  const matched = (test: PropertyTest, properties: Record<string, unknown> | undefined) => {
    const stages = ['own'];
    const stage_predicates = { own: { type: 'visit' as const, properties: [test] } };
    const story = [visit(0, properties === undefined ? {} : { properties })];
    return funnelOf(story, { stages, stage_predicates })[0]?.units === 1;
  };
  const p = 'plan';

  it('asks whether a property exists, null being something', () => {
    expect(matched({ property: p, exists: true }, { plan: null })).toBe(true);
    expect(matched({ property: p, exists: true }, { other: 1 })).toBe(false);
    expect(matched({ property: p, exists: false }, undefined)).toBe(true);
    expect(matched({ property: 'toString', exists: true }, {})).toBe(false);
  });

  it('compares without making one type of another', () => {
    expect(matched({ property: p, equals: 5 }, { plan: 5 })).toBe(true);
    expect(matched({ property: p, equals: 5 }, { plan: '5' })).toBe(false);
    expect(matched({ property: p, equals: '5' }, { plan: 5 })).toBe(false);
    expect(matched({ property: p, in: ['a', 'b'] }, { plan: 'b' })).toBe(true);
    expect(matched({ property: p, in: ['1'] }, { plan: 1 })).toBe(false);
    expect(matched({ property: p, equals: 'a' }, undefined)).toBe(false);
  });

  it('takes prefixes of strings and sizes of numbers only', () => {
    expect(matched({ property: p, prefix: 'pre' }, { plan: 'premium' })).toBe(true);
    expect(matched({ property: p, prefix: '1' }, { plan: 12 })).toBe(false);
    expect(matched({ property: p, less_than: 5 }, { plan: 4.9 })).toBe(true);
    expect(matched({ property: p, less_than: 5 }, { plan: 5 })).toBe(false);
    expect(matched({ property: p, greater_than: 5 }, { plan: 5.1 })).toBe(true);
    expect(matched({ property: p, greater_than: 5 }, { plan: '6' })).toBe(false);
    expect(matched({ property: p, less_than: 5 }, { plan: null })).toBe(false);
  });

  it('needs the type, the checkout step and every test', () => {
    const definition: Partial<Definition> = {
      stages: ['own'],
      stage_predicates: {
        own: {
          type: 'checkout',
          checkout_step: 'start',
          properties: [
            { property: 'a', equals: 1 },
            { property: 'b', equals: 2 },
          ],
        },
      },
    };
    const units = (told: Partial<Told>) => funnelOf([{ type: 'checkout', at: 0, ...told }], definition)[0]?.units;
    const properties = { a: 1, b: 2 };
    expect(units({ properties })).toBe(1);
    expect(units({ properties, checkout_step: 'start' })).toBe(1);
    expect(units({ properties, checkout_step: 'payment' })).toBe(0);
    expect(units({ properties, type: 'visit' })).toBe(0);
    expect(units({ properties: { a: 1 } })).toBe(0);
  });
});

describe('the stage purchase', () => {
  it('is no purchase event of a test order', () => {
    const stages = ['visit', 'purchase'];
    const units = (story: Told[]) => funnelOf(story, { stages }).map((stage) => [stage.units, stage.units_any]);
    expect(units([visit(0), buy(1, 'o1', { test: true })])).toEqual([
      [1, 1],
      [0, 0],
    ]);
    expect(units([visit(0), buy(1, 'o1')])).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  it('counts an order at ordered_at for the order’s visitor, not where its webhook came in', () => {
    const story = [
      visit(0),
      buy(1, 'o1'),
      visit(0, { visitor_id: 'shop' }),
      buy(2, 'o1', { visitor_id: 'shop', source: 'webhook' }),
    ];
    const [first, second] = funnelOf(story, { stages: ['visit', 'purchase'] });
    expect([first?.units, second?.units, first?.median_ms_to_next]).toEqual([2, 1, MINUTE_MS]);
  });
});

describe('the store’s default funnel', () => {
  it('goes visit, product view, add to cart, checkout, purchase, by visitor, within seven days inclusive', () => {
    const story = (lastAt: number): Told[] => [
      visit(0),
      look(1),
      add(2),
      { type: 'checkout', at: 3 },
      buy(lastAt, 'o1'),
    ];
    const units = (lastAt: number) => tell(story(lastAt)).funnels[0]?.map((stage) => [stage.stage, stage.units]);
    expect(units(7 * DAY)).toEqual([
      ['visit', 1],
      ['product_view', 1],
      ['add_to_cart', 1],
      ['checkout', 1],
      ['purchase', 1],
    ]);
    expect(units(7 * DAY + 0.001)?.at(-1)).toEqual(['purchase', 0]);
  });

  it('of carts counts the cart’s own events and order', () => {
    const definition = { funnels: [{ unit: 'cart' as const, mode: 'ordered' as const, window_ms: 7 * DAY_MS }] };
    const story = [
      add(0, { cart_id: 'c' }),
      { type: 'checkout', at: 1, visitor_id: 'w', cart_id: 'c' } as const,
      buy(2, 'o1', { visitor_id: 'w', cart_id: 'c' }),
      add(0, { visitor_id: 'x' }),
      buy(1, 'o2', { visitor_id: 'x', items: [line('Z', 1)] }),
    ];
    expect(funnelOf(story, definition).map((stage) => [stage.stage, stage.units])).toEqual([
      ['add_to_cart', 2],
      ['checkout', 1],
      ['purchase', 1],
    ]);
  });
});

describe('the window and the tolerance', () => {
  const strict = (window: number) => ({ mode: 'strict' as const, unit: 'visitor' as const, window_ms: window });

  it('a strict funnel has the window and no tolerance', () => {
    const stages = ['visit', 'product_view'];
    const units = (story: Told[]) =>
      funnelOf(story, { stages, funnels: [strict(10 * MINUTE_MS)] }).map((stage) => stage.units);
    expect(units([visit(0), look(10)])).toEqual([1, 1]);
    expect(units([visit(0), look(10.001)])).toEqual([1, 0]);
    expect(units([look(0), visit(1 / 60)])).toEqual([1, 0]);
  });

  it('an open funnel looks from the day’s first event of any stage to the end of the window, inclusive', () => {
    const funnels = [{ mode: 'open' as const, unit: 'visitor' as const, window_ms: 10 * MINUTE_MS }];
    const units = (lastAt: number) =>
      funnelOf([look(0), visit(5), look(lastAt)], { stages: ['visit', 'product_view'], funnels });
    expect(units(20).map((stage) => [stage.units, stage.dropped])).toEqual([
      [1, 0],
      [1, 0],
    ]);
    const late = funnelOf([look(0), visit(10.001)], { stages: ['visit', 'product_view'], funnels });
    expect(late.map((stage) => [stage.units, stage.units_any])).toEqual([
      [0, 1],
      [1, 1],
    ]);
  });
});

/** A shop that people enter anywhere: a goes all the way, b only visits, c only adds, d and e leave out a stage. */
const ENTERED_ANYWHERE: Told[] = [
  visit(0, { visitor_id: 'a', campaign: { source: 'mail' } }),
  add(1, { visitor_id: 'a' }),
  buy(2, 'o-a', { visitor_id: 'a' }),
  visit(0, { visitor_id: 'b', campaign: { source: 'mail' } }),
  add(0, { visitor_id: 'c', campaign: { source: 'ads' } }),
  visit(0, { visitor_id: 'd', campaign: { source: 'mail' } }),
  buy(1, 'o-d', { visitor_id: 'd' }),
  add(0, { visitor_id: 'e', campaign: { source: 'ads' } }),
  buy(1, 'o-e', { visitor_id: 'e' }),
];

describe('units at both of two stages', () => {
  const definition: Partial<Definition> = {
    stages: ['visit', 'add_to_cart', 'purchase'],
    funnels: [{ unit: 'visitor', mode: 'open', window_ms: DAY_MS }],
  };
  const shown = (stages: ReturnType<typeof funnelOf>) =>
    stages.map((stage) => [stage.units, stage.conversion_from_previous, stage.dropped]);

  it('are what conversions and drops of an open funnel count, though each stage has as many units', () => {
    // Visits a, b, d; adds a, c, e; orders a, d, e. Both of visit and add: a; of add and order: a, e.
    expect(shown(funnelOf(ENTERED_ANYWHERE, definition))).toEqual([
      [3, null, 2],
      [3, 0.333333, 1],
      [3, 0.666667, 0],
    ]);
  });

  it('are counted value by value in a breakdown', () => {
    const { breakdown } = tell(ENTERED_ANYWHERE, { definition, breakdown: 'source' });
    const rows = breakdown?.[0]?.values.map(({ value, stages }) => [value, shown(stages)]);
    expect(rows).toEqual([
      [
        'mail',
        [
          [3, null, 2],
          [1, 0.333333, 0],
          [2, 1, 0],
        ],
      ],
      [
        'ads',
        [
          [0, null, 0],
          [2, null, 1],
          [1, 0.5, 0],
        ],
      ],
    ]);
  });
});

describe('a period', () => {
  it('counts a unit at the earliest of days on which it got equally far', () => {
    const story = [visit(0), look(5), visit(DAY), look(DAY + 9)];
    const [first] = funnelOf(story, { stages: ['visit', 'product_view'] });
    expect(first).toMatchObject({ units: 1, median_ms_to_next: 5 * MINUTE_MS });
  });

  it('counts units_any by a stage’s event in it, with or without a chain', () => {
    const stages = funnelOf([look(0), visit(5), { type: 'checkout', at: 6 }], {
      stages: ['visit', 'product_view', 'checkout'],
    });
    expect(stages.map((stage) => [stage.units, stage.units_any])).toEqual([
      [1, 1],
      [0, 1],
      [0, 1],
    ]);
  });

  it('has the conversions, the dropped and the times of its units', () => {
    // Four visit; three look, after 1, 2 and 10 minutes; one of these adds.
    const story = ['a', 'b', 'c', 'd'].flatMap((visitor_id, i): Told[] => [
      visit(0, { visitor_id }),
      ...(i < 3 ? [look([1, 2, 10][i] ?? 0, { visitor_id })] : []),
      ...(i === 0 ? [add(5, { visitor_id })] : []),
    ]);
    expect(funnelOf(story, { stages: ['visit', 'product_view', 'add_to_cart'] })).toEqual([
      {
        stage: 'visit',
        units: 4,
        units_any: 4,
        conversion_from_first: 1,
        conversion_from_previous: null,
        dropped: 1,
        median_ms_to_next: 2 * MINUTE_MS,
        p90_ms_to_next: 10 * MINUTE_MS,
      },
      {
        stage: 'product_view',
        units: 3,
        units_any: 3,
        conversion_from_first: 0.75,
        conversion_from_previous: 0.75,
        dropped: 2,
        median_ms_to_next: 4 * MINUTE_MS,
        p90_ms_to_next: 4 * MINUTE_MS,
      },
      {
        stage: 'add_to_cart',
        units: 1,
        units_any: 1,
        conversion_from_first: 0.25,
        conversion_from_previous: 0.333333,
        dropped: 0,
        median_ms_to_next: null,
        p90_ms_to_next: null,
      },
    ]);
  });
});
