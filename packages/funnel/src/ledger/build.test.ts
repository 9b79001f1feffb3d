import type { Delivery } from '@cartledger/events';
import { expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../definition.ts';
import type { KeptEvent } from './kept-event.ts';
import { rowKey } from './row-key.ts';
import { build as buildAll, cartsOf, event, items, order, ordersOf, T0 } from './test-story.ts';

const build = (...events: KeptEvent[]) => buildAll(events);
const carts = (...events: KeptEvent[]) => cartsOf(build(...events));
const orders = (...events: KeptEvent[]) => ordersOf(build(...events));
const refunds = (...events: KeptEvent[]) => build(...events).filter((row) => row.kind === 'refund');
const total = (n: number) => ({ amounts: { total: n } });

it('the peak is the largest value at any moment, at the last stated prices', () => {
  const [cart] = carts(
    event(0, 'add_to_cart', items('A', 5, 100)),
    event(1, 'remove_from_cart', items('A', 4)),
    event(2, 'cart_view', items('A', 1, 90)),
  );
  expect(cart?.value).toEqual([{ currency: 'EUR', amount: 90n }]);
  expect(cart?.peak_value).toEqual([{ currency: 'EUR', amount: 450n }]);
});

it('an emptied cart is worth what it held just before, whole event and last stated price', () => {
  const [cart] = carts(
    event(0, 'add_to_cart', { items: [...items('A', 2, 100).items, ...items('B', 1, 7).items] }),
    event(1, 'remove_from_cart', { items: [...items('B', 1).items, ...items('A', 5, 80).items] }),
  );
  expect(cart?.holds_items).toBe(false);
  expect(cart?.lines.map(({ product_id, quantity, unit_price }) => [product_id, quantity, unit_price])).toEqual([
    ['A', 2, 80],
    ['B', 1, 7],
  ]);
});

it('a cart without a stated price is unpriced and has no value in any currency', () => {
  const [cart] = carts(event(0, 'add_to_cart', items('A', 2)));
  expect(cart).toMatchObject({ unpriced: true, value: [], peak_value: [] });
});

it('a product is called what its cart’s events called it last, those that change nothing too', () => {
  const mug = (name?: string) => ({
    items: [{ product_id: 'mug', quantity: 1, ...(name === undefined ? {} : { name }) }],
  });
  const names = (...events: KeptEvent[]) =>
    carts(...events).map(({ products, lines }) => [products[0]?.name, lines[0]?.name]);
  const view = event(0, 'cart_view', mug());
  expect(names(view, event(0.5 / 60, 'add_to_cart', mug('Blue mug')))).toEqual([['Blue mug', 'Blue mug']]);
  const other = { items: [{ product_id: 'mug', variant_id: 'x', quantity: 1, name: 'Red mug' }] };
  expect(names(view, event(1, 'remove_from_cart', other))).toEqual([['Red mug', 'Red mug']]);
  expect(names(event(0, 'cart_view', mug('Mug')), event(1, 'add_to_cart', mug('')))).toEqual([['Mug', 'Mug']]);
  // What was never in the cart is none of its products.
  const [cart] = carts(
    view,
    event(1, 'remove_from_cart', { items: [{ product_id: 'cup', quantity: 1, name: 'Cup' }] }),
  );
  expect(cart?.products).toEqual([{ product_id: 'mug', name: '' }]);
});

it('sums past 2^53 stay exact', () => {
  const adds = Array.from({ length: 30 }, (_, i) => event(i, 'add_to_cart', items('A', 1_000_000, 1_000_000)));
  const [cart] = carts(
    ...adds,
    event(31, 'cart_view', items('A', 1, 999_999_999_999)),
    event(32, 'add_to_cart', items('A', 1_000_000)),
  );
  expect(cart?.value).toEqual([{ currency: 'EUR', amount: 999_999_999_999n * 1_000_001n }]);
});

it('a row holds the times from which a cart is judged at any T', () => {
  const [cart] = carts(
    event(0, 'add_to_cart', items('A', 1, 100)),
    event(10, 'checkout', { checkout_step: 'shipping' }),
    event(11, 'friction', { friction: { code: 'shipping_cost_shown' } }),
    event(90, 'product_view'),
    event(100, 'cart_view'),
    event(105, 'product_view', { ...items('Z', 1), page: { path: '/z' } }),
  );
  expect(cart).toMatchObject({
    first_abandoned_at: T0 + 71 * MINUTE_MS,
    abandoned_point: 'checkout.shipping',
    revived: 1,
    last_activity_at: T0 + 105 * MINUTE_MS,
    reason: 'shipping_cost_shown',
    last_page: '/z',
    last_product: 'Z',
    day: '2026-05-04',
  });
});

it('carts and sessions whose printed keys coincide are still two units', () => {
  const add = items('A', 1, 100);
  const own = event(0, 'add_to_cart', { ...add, event_id: 'e', visitor_id: 'v' });
  const printed = event(1, 'add_to_cart', { ...add, cart_id: '~v:e', visitor_id: 'w' });
  const rows = build(own, printed).filter((row) => row.kind === 'cart');
  expect(rows.map((row) => row.cart_key)).toEqual(['~v:e', '~v:e']);
  expect(new Set(rows.map(rowKey)).size).toBe(2);
});

it('the nth cart of an id is printed with its number', () => {
  const add = { ...items('A', 1, 100), cart_id: 'c' };
  const rows = carts(
    event(0, 'add_to_cart', add),
    event(5, 'purchase', { order_id: 'o', cart_id: 'c', ...total(100), source: 'browser' }),
    event(60, 'add_to_cart', add),
  );
  expect(rows.map((row) => [row.cart_key, row.order_id])).toEqual([
    ['c', 'o'],
    ['c#2', ''],
  ]);
});

it('a sales cycle starts at the first event after the previous order, and test orders begin none', () => {
  const order = (minutes: number, order_id: string, fields: Partial<Delivery> = {}) =>
    event(minutes, 'purchase', { order_id, ...total(1), source: 'browser', ...fields });
  const rows = orders(
    event(0.5, 'visit'),
    order(1, 'a', { test: true }),
    order(2, 'b'),
    event(9, 'visit'),
    order(20, 'c'),
    order(30, 'd'),
  );
  expect(rows.map((row) => [row.order_id, row.cycle_started_at, row.new_buyer])).toEqual([
    ['a', T0 + 0.5 * MINUTE_MS, true],
    ['b', T0 + 0.5 * MINUTE_MS, true],
    ['c', T0 + 9 * MINUTE_MS, false],
    ['d', 0, false],
  ]);
});

it('an event up to the tolerance after an order is of the cycle that ends there, the next millisecond begins another', () => {
  const startsOf = (...ms: readonly number[]) =>
    orders(
      event(0, 'purchase', { order_id: 'a', ...total(1), source: 'browser' }),
      ...ms.map((after) => event(after / MINUTE_MS, 'visit')),
      event(1, 'purchase', { order_id: 'b', ...total(1), source: 'browser' }),
    ).map(({ cycle_started_at }) => (cycle_started_at === 0 ? null : cycle_started_at - T0));
  expect(startsOf(2_000)).toEqual([2_000, null]);
  expect(startsOf(2_001)).toEqual([null, 2_001]);
  expect(startsOf(2_000, 2_001)).toEqual([2_000, 2_001]);
});

it('an order without a joined cart moves its items into the line of the reason, and differing deliveries are conflicts', () => {
  const [order] = orders(
    event(0, 'purchase', { order_id: 'o', ...total(100), source: 'webhook', customer_id: 'k' }),
    event(0, 'purchase', { order_id: 'o', ...total(90), source: 'browser' }),
    event(1, 'purchase', { order_id: 'o', ...total(100), source: 'server' }),
  );
  expect(order).toMatchObject({ total: 100n, conflicts: 1, customer_id: 'k', ordered_at: T0, cart_key: '' });
  expect(order?.bridge).toEqual([{ line: 'orders_without_cart.no_add_seen', currency: 'EUR', amount: 100n }]);
});

it('tax is added to the items when that explains the total better, and not when it explains it as well', () => {
  const amounts = (all: number, tax: number) => ({ amounts: { items: 100, tax, total: all } });
  const rows = orders(
    order(0, 'better', amounts(109, 10)),
    order(1, 'worse', amounts(101, 10)),
    order(2, 'equal', amounts(105, 10)),
  );
  expect(rows.map((row) => [row.order_id, row.tax_added, row.unexplained])).toEqual([
    ['better', 10n, -1n],
    ['worse', 0n, 1n],
    ['equal', 0n, 5n],
  ]);
});

it('a refund is flagged when it, or it with the earlier ones, passes its order, and summed all the same', () => {
  const refund = (minutes: number, order_id: string, refund_id: string, n: number, currency = 'EUR') =>
    event(minutes, 'refund', { order_id, refund_id, currency, ...total(n) });
  const rows = refunds(
    event(0, 'purchase', { order_id: 'o', ...total(100) }),
    refund(1, 'o', 'r1', 60),
    refund(2, 'o', 'r2', 41),
    refund(3, 'o', 'r3', 1, 'USD'),
    refund(4, 'x', 'r1', 1),
    event(5, 'refund', { order_id: 'o', refund_id: 'r9', source: 'browser', ...total(1) }),
  );
  expect(rows.map((row) => [row.refund_id, row.total, row.flag])).toEqual([
    ['r1', 60n, ''],
    ['r2', 41n, 'more_than_order'],
    ['r3', 1n, 'other_currency'],
    ['r1', 1n, 'unknown_order'],
  ]);
});

it('journeys are kept for each local day that has an event of a stage, started or not', () => {
  const rows = build(event(0, 'product_view'), event(13 * 60, 'visit'), event(13 * 60 + 1, 'product_view'));
  const visitor = rows.filter((row) => row.kind === 'journey' && row.funnel.startsWith('visitor/'));
  expect(visitor).toMatchObject([
    { day: '2026-05-04', hit: 0, any: 0b10, started_at: 0, ms_to_next: [] },
    { day: '2026-05-05', hit: 0b11, any: 0b11, started_at: T0 + 13 * HOUR_MS, ms_to_next: [MINUTE_MS] },
  ]);
});
