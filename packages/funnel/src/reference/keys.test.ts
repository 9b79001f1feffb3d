/** definitions.md 3: known ids, carrying, opening, where carts.test.ts does not say it. */
import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../definition.ts';
import { tell } from '../testing/both-engines.ts';
import { add, buy, line, START, type Told } from './scenario.ts';

const DAY = 24 * 60;
const keys = (story: Told[]) => tell(story).carts.map((cart) => cart.cart_key);
const joins = (story: Told[]) =>
  tell(story).orders.map((order) => [order.order_id, order.cart_key ?? order.without_cart_reason]);

describe('a known id', () => {
  it('is one that an add, a remove or a cart_view has carried; any event carries it then, but a purchase', () => {
    // The visit brings w into cart c: what he adds without an id is c's.
    const story = (type: 'visit' | 'product_view' | 'checkout' | 'friction' | 'custom:x'): Told[] => [
      add(0, { cart_id: 'c' }),
      { type, at: 1, visitor_id: 'w', cart_id: 'c', friction: { code: 'x' } },
      add(2, { visitor_id: 'w', items: [line('B', 5)] }),
    ];
    for (const type of ['visit', 'product_view', 'checkout', 'friction', 'custom:x'] as const)
      expect(keys(story(type))).toEqual(['c']);
    const bought = [add(0, { cart_id: 'c' }), buy(1, 'o1', { source: 'webhook', visitor_id: 'w', cart_id: 'c' })];
    expect(keys([...bought, add(2, { visitor_id: 'w' })])).toEqual(['c', '~w:e3']);
  });

  it('is not one that only events before its first add, remove or cart_view carried', () => {
    const early: Told = { type: 'visit', at: 0, cart_id: 'c' };
    expect(keys([early, add(1), add(2, { cart_id: 'c', visitor_id: 'w' })])).toEqual(['c', '~v:e2']);
  });

  it('a remove and a view make known, though they open no cart', () => {
    const viewed: Told = { type: 'cart_view', at: 0, cart_id: 'c' };
    expect(keys([viewed])).toEqual([]);
    // Known, so the checkout without an id follows it.
    const filled: Told = { type: 'checkout', at: 1, items: [line('A', 100)] };
    expect(keys([viewed, filled])).toEqual(['c']);
  });

  it('is carried by an order that its visitor placed, before it joins; by no other', () => {
    // v never carried c, but orders with it: his own cart becomes part of it, and is bought with it.
    const story = (source: 'browser' | 'webhook'): Told[] => [
      add(0, { cart_id: 'c', visitor_id: 'w' }),
      add(1, { items: [line('B', 5)] }),
      buy(2, 'o1', { cart_id: 'c', source }),
    ];
    expect(tell(story('browser')).carts).toMatchObject([{ cart_key: 'c', value: { EUR: 105n }, order_id: 'o1' }]);
    expect(tell(story('webhook')).carts).toMatchObject([
      { cart_key: 'c', value: { EUR: 100n }, order_id: 'o1' },
      { cart_key: '~v:e2', value: { EUR: 5n }, order_id: null },
    ]);
  });
});

describe('an event without a known id', () => {
  it('follows the id last carried, also as a visit, product_view or friction', () => {
    const activity = (type: 'visit' | 'product_view' | 'friction'): Told[] => [
      add(0, { cart_id: 'c' }),
      { type, at: 50, friction: { code: 'x' } },
    ];
    for (const type of ['visit', 'product_view', 'friction'] as const)
      expect(tell(activity(type), { asOf: START + 100 * MINUTE_MS }).carts).toMatchObject([{ state: 'idle' }]);
  });

  it('of a custom type belongs to no cart', () => {
    const custom: Told = { type: 'custom:x', at: 50 };
    const stateOf = (told: Told) => tell([add(0, { cart_id: 'c' }), told], { asOf: START + 70 * MINUTE_MS }).carts;
    expect(stateOf(custom)).toMatchObject([{ state: 'abandoned' }]);
    expect(stateOf({ ...custom, cart_id: 'c' })).toMatchObject([{ state: 'active' }]);
  });

  it('of two ids carried follows the later', () => {
    const story = [add(0, { cart_id: 'c' }), add(1, { cart_id: 'd' }), add(2, { items: [line('B', 5)] })];
    expect(tell(story).carts).toMatchObject([{ value: { EUR: 100n } }, { cart_key: 'd', value: { EUR: 105n } }]);
  });
});

describe('a cart', () => {
  it('opens at an add or at a snapshot with items, whichever kind', () => {
    const items = [line('A', 100)];
    expect(keys([{ type: 'cart_view', at: 0, items }])).toEqual(['~v:e1']);
    expect(keys([{ type: 'checkout', at: 0, items }])).toEqual(['~v:e1']);
    expect(keys([add(0, { cart_snapshot: true })])).toEqual(['~v:e1']);
    expect(keys([{ type: 'checkout', at: 0 }])).toEqual([]);
    expect(keys([add(0, { items: [], cart_snapshot: true })])).toEqual([]);
    expect(keys([{ type: 'remove_from_cart', at: 0, items }])).toEqual([]);
  });

  it('has no event of before it opened, nor of between its order and the next opening', () => {
    const story: Told[] = [
      { type: 'checkout', at: 0, cart_id: 'c', checkout_step: 'payment' },
      add(5, { cart_id: 'c' }),
      buy(6, 'o1', { cart_id: 'c' }),
      // Two hours later: no page drawn from what was bought.
      { type: 'checkout', at: 126, cart_id: 'c', checkout_step: 'shipping' },
      add(200, { cart_id: 'c' }),
    ];
    expect(tell(story).carts).toMatchObject([
      { cart_key: 'c', opened_at: START + 5 * MINUTE_MS, furthest: 'cart' },
      { cart_key: 'c#2', opened_at: START + 200 * MINUTE_MS, furthest: 'cart' },
    ]);
  });

  it('an add that is a snapshot too is both: it ends residue, and replaces the contents', () => {
    const story = [add(0), buy(1, 'o1'), add(2, { items: [line('B', 5, 2)], cart_snapshot: true })];
    expect(tell(story).carts).toMatchObject([{ order_id: 'o1' }, { cart_key: '~v:e3', value: { EUR: 10n } }]);
  });

  it('of a visitor’s own, once part of an id’s, is opened at its own first event', () => {
    const story = [add(0, { cart_id: 'c', visitor_id: 'w' }), add(-30), add(1, { cart_id: 'c' })];
    expect(tell(story).carts).toMatchObject([
      { cart_key: 'c', opened_at: START - 30 * MINUTE_MS, value: { EUR: 300n } },
    ]);
  });
});

describe('orders of one instant', () => {
  it('pass by order id: the smaller joins, the other finds nothing open', () => {
    expect(joins([add(0), buy(1, 'o2'), buy(1, 'o1')])).toEqual([
      ['o1', '~v:e1'],
      ['o2', 'cart_already_bought'],
    ]);
  });
});

describe('a stretch', () => {
  it('is cut by the visitor’s own cart events and known ids, not by visits', () => {
    const story = (between: Told): Told[] => [add(0), between, add(40 * DAY)];
    expect(keys(story({ type: 'visit', at: 20 * DAY }))).toEqual(['~v:e1', '~v:e3']);
    expect(keys(story({ type: 'cart_view', at: 20 * DAY }))).toEqual(['~v:e1']);
  });

  it('ends for all who carry the id whose cart an order joins', () => {
    const story = [
      add(0, { cart_id: 'c' }),
      add(1, { cart_id: 'c', visitor_id: 'w' }),
      buy(2, 'o1', { cart_id: 'c' }),
      // Not c#2: w's next stretch carries nothing.
      add(60, { visitor_id: 'w' }),
    ];
    expect(keys(story)).toEqual(['c', '~w:e4']);
  });
});
