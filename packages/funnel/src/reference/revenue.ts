/** Revenue by stage: the carts opened in the period, and the orders dated in it (definitions.md 6). */
import { POINTS } from '../definition.ts';
import type { CurrencyRevenue, RevenueStage } from '../reports/index.ts';
import { isLeft } from './abandonment.ts';
import { divideHalfEven } from './arithmetic.ts';
import { bridgeIn } from './bridge.ts';
import type { PassedOrder } from './carts.ts';
import type { CountedCart } from './counted.ts';
import { compareText } from './ordering.ts';
import type { Refund } from './refunds.ts';

/** A refund and the local day it counts on. */
export type DatedRefund = Refund & { datedOn: string };

/** What the report stands on: carts opened, orders and refunds dated in the period. */
export type Period = {
  carts: readonly CountedCart[];
  orders: readonly PassedOrder[];
  refunds: readonly DatedRefund[];
  /** The cart of an order, whenever it was opened. */
  cartOf: (passed: PassedOrder) => CountedCart | undefined;
};

export const revenueReport = (period: Period): Record<string, CurrencyRevenue> => {
  const currencies = new Set([
    ...period.carts.flatMap((c) => [...c.value.keys()]),
    ...period.orders.map(({ order }) => order.currency),
    ...period.refunds.map((refund) => refund.currency),
    ...period.orders.flatMap((passed) => [...(period.cartOf(passed)?.value.keys() ?? [])]),
  ]);
  return Object.fromEntries(
    [...currencies].sort(compareText).map((currency) => [currency, revenueIn(currency, period)]),
  );
};

const revenueIn = (currency: string, period: Period): CurrencyRevenue => {
  const carts = period.carts.filter((c) => c.value.has(currency));
  const orders = period.orders.filter(({ order }) => order.currency === currency).map(({ order }) => order);
  const refunds = period.refunds.filter((refund) => refund.currency === currency);
  const cartSums = {
    left: sum(carts.filter(isLeft), (c) => valueIn(c, currency)),
    standing: sum(carts.filter(isStanding), (c) => valueIn(c, currency)),
    emptied: sum(carts.filter(isEmptied), (c) => valueIn(c, currency)),
    bought: sum(carts.filter(isBought), (c) => valueIn(c, currency)),
  };
  const bridge = bridgeIn(currency, period.orders, period.cartOf, period.refunds);
  const amountOf = (name: string): bigint => bridge.find(({ line }) => line === name)?.amount ?? 0n;

  const items = sum(orders, (o) => o.amounts.items);
  const discounts = sum(orders, (o) => o.amounts.discount);
  const orderTotal = sum(orders, (o) => o.amounts.total);
  const refunded = sum(refunds, (r) => r.total);
  return {
    stages: stagesOf(currency, carts, cartSums.bought),
    carts: { value: cartSums.left + cartSums.standing + cartSums.emptied + cartSums.bought, ...cartSums },
    orders: {
      count: orders.length,
      without_cart: period.orders.filter((o) => o.order.currency === currency && o.cart === null).length,
      gross_sales: items,
      discounts,
      tax: sum(orders, (o) => o.amounts.taxAdded),
      shipping: sum(orders, (o) => o.amounts.shipping),
      unexplained: sum(orders, (o) => o.amounts.unexplained),
      order_total: orderTotal,
      refunds: refunded,
      net: orderTotal - refunded,
      net_sales: items - discounts - sum(refunds, (r) => r.items),
      average_order_value: orders.length === 0 ? null : divideHalfEven(items - discounts, BigInt(orders.length)),
    },
    bridge,
    timing: amountOf('joined_carts') - cartSums.bought,
    // The bridge goes through carts and lines, the orders' and refunds' own totals do not: they must end at the same amount.
    difference: amountOf('net') - (orderTotal - ownTotal(refunds)),
  };
};

const stagesOf = (currency: string, carts: readonly CountedCart[], bought: bigint): RevenueStage[] => {
  const at = (point: string, which: (c: CountedCart) => boolean): bigint =>
    sum(
      carts.filter((c) => c.life.furthest === point && which(c)),
      (c) => valueIn(c, currency),
    );
  const stages: RevenueStage[] = [
    {
      stage: 'purchase',
      carts: carts.filter(isBought).length,
      reached: bought,
      left: 0n,
      standing: 0n,
      emptied: 0n,
      recovered: 0n,
    },
  ];
  // From the last point back: what reached one is what stayed there and what reached the next.
  let reached = bought;
  for (const [k, stage] of [...POINTS.entries()].reverse()) {
    const stayed = { left: at(stage, isLeft), standing: at(stage, isStanding), emptied: at(stage, isEmptied) };
    reached += stayed.left + stayed.standing + stayed.emptied;
    stages.unshift({
      stage,
      carts: carts.filter((c) => isBought(c) || POINTS.indexOf(c.life.furthest) >= k).length,
      reached,
      ...stayed,
      recovered: sum(
        carts.filter((c) => c.life.state === 'recovered' && c.life.leftAt === stage),
        (c) => valueIn(c, currency),
      ),
    });
  }
  return stages;
};

export const isStanding = (c: CountedCart): boolean => c.life.state === 'active' || c.life.state === 'idle';
export const isEmptied = (c: CountedCart): boolean => c.life.state === 'emptied';
export const isBought = (c: CountedCart): boolean => c.life.state === 'purchased' || c.life.state === 'recovered';

export const valueIn = (c: CountedCart, currency: string): bigint => c.value.get(currency) ?? 0n;

const sum = <T>(of: readonly T[], amount: (each: T) => bigint): bigint => of.reduce((s, each) => s + amount(each), 0n);

/** Each refund once, however often it is listed. */
const ownTotal = (refunds: readonly Refund[]): bigint => {
  const byIdentity = new Map(refunds.map((refund) => [JSON.stringify([refund.order_id, refund.refund_id]), refund]));
  return sum([...byIdentity.values()], (refund) => refund.total);
};
