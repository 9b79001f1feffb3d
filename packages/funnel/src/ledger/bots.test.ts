import { expect, it } from 'vitest';
import { BERLIN, build, cartsOf, event, items, journeysOf, order, ordersOf } from './test-story.ts';

const GOOGLEBOT = {
  device: { user_agent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' },
};
const SAFARI = {
  device: { user_agent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.4 Safari/605.1.15' },
};
const few = { ...BERLIN, bots: { exclude: true, max_carts_per_day: 2 } };

/** Opens carts one after the other, every minute from `at` on. */
const openCarts = (count: number, at: number, visitor_id = 'v') =>
  Array.from({ length: count }, (_, i) =>
    event(at + i, 'add_to_cart', { ...items('A', 1, 5), visitor_id, cart_id: `${visitor_id}${at}-${i}` }),
  );

it('a visitor with a bot’s user agent on any event is excluded with his carts and sessions', () => {
  const rows = build([
    event(0, 'visit', SAFARI),
    event(0, 'add_to_cart', items('A', 1, 5)),
    event(500, 'friction', GOOGLEBOT),
  ]);
  expect(rows.filter((row) => row.kind === 'journey' || row.kind === 'cart').map((row) => row.excluded)).not.toContain(
    false,
  );
});

it('people are not excluded', () => {
  const rows = build([event(0, 'visit', SAFARI), event(1, 'add_to_cart', items('A', 1, 5))]);
  expect(journeysOf(rows).map((row) => row.excluded)).toEqual([false]);
  expect(cartsOf(rows).map((row) => row.excluded)).toEqual([false]);
});

it('more carts than allowed on one local day make a bot, as many as allowed do not', () => {
  expect(journeysOf(build(openCarts(2, 0), few)).map((row) => row.excluded)).toEqual([false]);
  expect(journeysOf(build(openCarts(3, 0), few)).map((row) => row.excluded)).toEqual([true]);
  // Two before midnight in Berlin (22:00 UTC), two after it.
  expect(journeysOf(build(openCarts(4, 12 * 60 - 2), few)).map((row) => row.excluded)).toEqual([false, false]);
});

it('a bot with 10,000 carts is in no report with any of them', () => {
  const rows = build(openCarts(10_000, -600), { ...BERLIN, funnels: BERLIN.funnels.slice(0, 1) });
  expect(cartsOf(rows)).toHaveLength(10_000);
  expect(cartsOf(rows).filter((row) => !row.excluded)).toEqual([]);
  expect(journeysOf(rows).filter((row) => !row.excluded)).toEqual([]);
});

it('carts count for the visitor who opened them, not for those who came after', () => {
  const opened = openCarts(3, 0);
  const rows = build(
    [
      ...opened,
      ...opened.map((add, i) => ({ ...add, event_id: `w${i}`, visitor_id: 'w', event_time: add.event_time + 1 })),
    ],
    few,
  );
  expect(journeysOf(rows).map((row) => [row.visitor_id, row.excluded])).toEqual([
    ['v', true],
    ['w', false],
  ]);
});

it('who ever ordered is no bot, be it a test order of another source', () => {
  const rows = build([event(0, 'visit', GOOGLEBOT), order(1, 'o', { source: 'webhook', test: true })]);
  expect(journeysOf(rows).map((row) => row.excluded)).toEqual([false]);
});

it('a cart is excluded only when all its visitors are bots', () => {
  const add = (visitor_id: string, fields = {}) =>
    event(0, 'add_to_cart', { ...items('A', 1, 5), visitor_id, cart_id: 'c', ...fields });
  expect(cartsOf(build([add('v', GOOGLEBOT), add('w', GOOGLEBOT)])).map((row) => row.excluded)).toEqual([true]);
  expect(cartsOf(build([add('v', GOOGLEBOT), add('w', SAFARI)])).map((row) => row.excluded)).toEqual([false]);
});

it('an order that joined an excluded cart is one without cart, and the cart stays closed', () => {
  const rows = build([
    event(0, 'add_to_cart', { ...items('A', 1, 100), ...GOOGLEBOT, cart_id: 'c' }),
    order(1, 'o', { visitor_id: 'w', cart_id: 'c', ...items('A', 1, 100) }),
    event(2, 'cart_view', { ...items('A', 1, 100), cart_id: 'c' }),
  ]);
  expect(cartsOf(rows)).toMatchObject([{ excluded: true, order_id: 'o', outcome: 'purchased' }]);
  expect(ordersOf(rows)).toMatchObject([
    {
      visitor_id: 'w',
      cart_key: '',
      without_cart_reason: 'cart_excluded',
      bridge: [{ line: 'orders_without_cart.cart_excluded', currency: 'EUR', amount: 100n }],
    },
  ]);
});

it('nobody is excluded when the definition says so', () => {
  const rows = build([event(0, 'add_to_cart', { ...items('A', 1, 5), ...GOOGLEBOT })], {
    ...BERLIN,
    bots: { exclude: false, max_carts_per_day: 1 },
  });
  expect(journeysOf(rows).map((row) => row.excluded)).toEqual([false]);
  expect(cartsOf(rows).map((row) => row.excluded)).toEqual([false]);
});
