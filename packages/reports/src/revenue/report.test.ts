import { expect, test } from 'vitest';
import type { OrderCell } from './order-cells.ts';
import { revenueByCurrency } from './report.ts';

const cell = (part: OrderCell['part'], amounts: bigint[], line = ''): OrderCell => ({
  part,
  line,
  currency: 'EUR',
  orders: 1,
  without_cart: 0,
  amounts,
});
/** An order of 100 less 10, as it was put on the bridge, and what is refunded of it in all and of its items. */
const order = (total: bigint) => cell('orders', [100n, 10n, 0n, 0n, 0n, total]);
const line = (amount: bigint) => cell('bridge', [amount], 'orders_without_cart.no_add_seen');
const refund = (total: bigint) => cell('refunds', [total, total]);
const differences = (currencies: ReturnType<typeof revenueByCurrency>) =>
  new Map(Object.entries(currencies).map(([currency, { difference }]) => [currency, difference]));
const differenceOf = (cells: readonly OrderCell[], refunded: bigint | null) =>
  differences(revenueByCurrency([], cells, refunded === null ? null : new Map([['EUR', refunded]]))).get('EUR');

test('difference is 0 when cells, orders and refunds agree', () => {
  expect(differenceOf([order(90n), line(100n), refund(30n)], 30n)).toBe(0n);
});

test('difference is what any one side has too much', () => {
  expect(differenceOf([order(90n), line(101n), refund(30n)], 30n)).toBe(1n);
  expect(differenceOf([order(91n), line(100n), refund(30n)], 30n)).toBe(-1n);
  expect(differenceOf([order(90n), line(100n), refund(60n)], 30n)).toBe(-30n);
  expect(differenceOf([order(90n), line(100n), refund(30n)], 60n)).toBe(30n);
});

test('refunds that are in no cell are a difference too, in a currency of their own', () => {
  expect(differences(revenueByCurrency([], [], new Map([['USD', 7n]])))).toEqual(new Map([['USD', 7n]]));
});

test('where no refund is left to ask, difference is that of the orders', () => {
  expect(differenceOf([order(90n), line(100n), refund(30n)], null)).toBe(0n);
  expect(differenceOf([order(91n), line(100n), refund(30n)], null)).toBe(-1n);
});
