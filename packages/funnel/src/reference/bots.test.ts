/** definitions.md 8: bots. */
import { describe, expect, it } from 'vitest';
import { tell } from '../testing/both-engines.ts';
import { add, buy, euros, line, type Told } from './scenario.ts';

const DAY = 24 * 60;
const RULES = { bots: { exclude: true, max_carts_per_day: 3 } };
const GOOGLE = { device: { user_agent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' } };
const CHROME = {
  device: { user_agent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36' },
};

/** So many carts, each with an id of its own. */
const carts = (n: number, more: Partial<Told> = {}, firstAt = 0): Told[] =>
  Array.from({ length: n }, (_, i) => add(firstAt + i, { cart_id: `c${firstAt + i}`, ...more }));
const created = (story: Told[], bots = RULES) => tell(story, { definition: bots }).abandonment.carts.created;

describe('a bot', () => {
  it('is who opens more carts on one local day than allowed, and is in no report', () => {
    expect(created(carts(3))).toBe(3);
    const reports = tell(carts(4), { definition: RULES });
    expect(reports).toMatchObject({ carts: [], revenue: {}, abandonment: { carts: { created: 0 }, products: [] } });
    expect(reports.funnels.flat().map((stage) => stage.units_any)).toEqual(Array.from({ length: 10 }, () => 0));
    expect(reports.pipeline).toMatchObject({ leads: 0 });
  });

  it('is not who opens as many over two days', () => {
    expect(created([...carts(2), ...carts(2, {}, 15 * 60)])).toBe(4);
  });

  it('is one on all days: one on which he opened too many excludes what he did on others, before and after', () => {
    const story = [
      add(0, { cart_id: 'before' }),
      ...carts(4, {}, 2 * DAY),
      { type: 'visit', at: 9 * DAY } satisfies Told,
    ];
    const { abandonment, funnels } = tell(story, { definition: RULES });
    expect(abandonment.carts.created).toBe(0);
    expect(funnels.flat().map((stage) => stage.units_any)).toEqual(Array.from({ length: 10 }, () => 0));
    // Who shared a cart with him keeps it, and who ever ordered keeps all.
    expect(created([...story, add(DAY, { cart_id: 'before', visitor_id: 'w' })])).toBe(1);
    expect(created([...story, buy(40 * DAY, 'o1', { items: [line('Z', 1)] })])).toBe(5);
  });

  it('is who says so, whatever else he does', () => {
    expect(created([add(0, GOOGLE), { type: 'visit', at: 1 }])).toBe(0);
    expect(created([add(0), { type: 'visit', at: 1, ...GOOGLE }])).toBe(0);
    expect(created([add(0, CHROME)])).toBe(1);
    expect(created([add(0, { device: { user_agent: '' } })])).toBe(1);
  });

  it('is nobody who ever ordered, be it long after or a test', () => {
    expect(created([...carts(4), buy(99 * DAY, 'o1')])).toBe(4);
    expect(created([...carts(4), buy(9, 'o1', { test: true, items: [line('Z', 1)] })])).toBe(4);
    expect(created([add(0, GOOGLE), buy(1, 'o1', GOOGLE)])).toBe(1);
  });

  it('takes a cart out only if all who touched it are bots', () => {
    const touched = (agent: Partial<Told>) => [
      add(0, { cart_id: 'c', ...GOOGLE }),
      add(1, { cart_id: 'c', visitor_id: 'w', ...agent }),
    ];
    expect(created(touched(GOOGLE))).toBe(0);
    expect(created(touched(CHROME))).toBe(1);
  });

  it('opened also the carts that a test order closed', () => {
    const story = [...carts(4), buy(9, 't', { test: true, cart_id: 'c0', visitor_id: 'w' })];
    expect(created(story)).toBe(0);
  });

  it('is excluded no more when the store says so', () => {
    expect(created(carts(4), { bots: { exclude: false, max_carts_per_day: 3 } })).toBe(4);
    expect(created([add(0, GOOGLE)], { bots: { exclude: false, max_carts_per_day: 3 } })).toBe(1);
  });
});

describe('an order joined to a cart that bots made', () => {
  const story = [...carts(4), buy(9, 'o1', { cart_id: 'c0', visitor_id: 'w' })];
  const reports = tell(story, { definition: RULES });

  it('is never excluded: it stands without cart, and the bridge says why', () => {
    expect(reports.orders).toMatchObject([{ order_id: 'o1', cart_key: null, without_cart_reason: 'cart_excluded' }]);
    const { bridge, orders, difference, timing } = euros(reports);
    expect(bridge.filter((entry) => entry.amount !== 0n)).toEqual([
      { line: 'orders_without_cart.cart_excluded', amount: 100n },
      { line: 'gross_sales', amount: 100n },
      { line: 'order_total', amount: 100n },
      { line: 'net', amount: 100n },
    ]);
    expect([orders.count, orders.without_cart, difference, timing]).toEqual([1, 1, 0n, 0n]);
  });

  it('has closed it: the next order does not find it open', () => {
    const second = buy(10, 'o2', { cart_id: 'c0', visitor_id: 'x' });
    expect(tell([...story, second], { definition: RULES }).orders[1]).toMatchObject({
      without_cart_reason: 'cart_already_bought',
    });
  });
});
