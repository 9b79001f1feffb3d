/** The revenue report's truth: carts opened in the period, orders and refunds dated in it. */
import { BRIDGE_LINES, type BridgeLine, type CurrencyRevenue, POINTS, type RevenueStage } from '@cartledger/funnel';
import type { OrderFact, RefundFact } from '../facts.ts';
import { compareText, divideHalfEven, sumOf } from './arithmetic.ts';
import { isBought, isEmptied, isLeft, isStanding, type StandingCart } from './carts.ts';

type Period = {
  carts: readonly StandingCart[];
  orders: readonly OrderFact[];
  refunds: readonly RefundFact[];
  /** What the cart of an order was worth when it was ordered, whenever it was opened. */
  cartValue: (order: OrderFact) => number;
};

const value = ({ value: amount }: StandingCart): number => amount;

const stagesOf = (carts: readonly StandingCart[]): RevenueStage[] => {
  const bought = sumOf(carts.filter(isBought), value);
  const none = { left: 0n, standing: 0n, emptied: 0n, recovered: 0n };
  const stages: RevenueStage[] = [
    { stage: 'purchase', carts: carts.filter(isBought).length, reached: bought, ...none },
  ];
  let reached = bought;
  for (const [k, stage] of [...POINTS.entries()].reverse()) {
    const here = carts.filter((cart) => !isBought(cart) && cart.fact.furthest === stage);
    reached += sumOf(here, value);
    stages.unshift({
      stage,
      carts: carts.filter((cart) => isBought(cart) || POINTS.indexOf(cart.fact.furthest) >= k).length,
      reached,
      left: sumOf(here.filter(isLeft), value),
      standing: sumOf(here.filter(isStanding), value),
      emptied: sumOf(here.filter(isEmptied), value),
      recovered: sumOf(
        carts.filter((cart) => cart.state === 'recovered' && cart.fact.abandoned?.point === stage),
        value,
      ),
    });
  }
  return stages;
};

const bridgeOf = ({ orders, refunds, cartValue }: Period): CurrencyRevenue['bridge'] => {
  const amounts: Record<BridgeLine, bigint> = {
    joined_carts: sumOf(orders, cartValue),
    added_at_checkout: sumOf(orders, ({ change }) => change.added),
    dropped_at_checkout: sumOf(orders, ({ change }) => change.dropped),
    price_and_quantity_changes: sumOf(orders, ({ change }) => change.repriced),
    unexplained_items: sumOf(orders, ({ change }) => change.unexplainedItems),
    currency_change: 0n,
    'orders_without_cart.no_add_seen': 0n,
    'orders_without_cart.no_common_product': 0n,
    'orders_without_cart.cart_already_bought': 0n,
    'orders_without_cart.other_channel': 0n,
    'orders_without_cart.cart_excluded': 0n,
    gross_sales: sumOf(orders, ({ items }) => items),
    discounts: -sumOf(orders, ({ discount }) => discount),
    tax: sumOf(orders, ({ taxAdded }) => taxAdded),
    shipping: sumOf(orders, ({ shipping }) => shipping),
    unexplained: sumOf(orders, ({ unexplained }) => unexplained),
    order_total: sumOf(orders, ({ total }) => total),
    refunds: -sumOf(refunds, ({ total }) => total),
    net: sumOf(orders, ({ total }) => total) - sumOf(refunds, ({ total }) => total),
  };
  for (const { withoutCart, items } of orders) {
    if (withoutCart !== null) amounts[`orders_without_cart.${withoutCart}`] += BigInt(items);
  }
  return BRIDGE_LINES.map((line) => ({ line, amount: amounts[line] }));
};

const currencyTruth = (period: Period): CurrencyRevenue => {
  const { carts, orders, refunds, cartValue } = period;
  const sums = {
    left: sumOf(carts.filter(isLeft), value),
    standing: sumOf(carts.filter(isStanding), value),
    emptied: sumOf(carts.filter(isEmptied), value),
    bought: sumOf(carts.filter(isBought), value),
  };
  const grossSales = sumOf(orders, ({ items }) => items);
  const discounts = sumOf(orders, ({ discount }) => discount);
  const orderTotal = sumOf(orders, ({ total }) => total);
  const refunded = sumOf(refunds, ({ total }) => total);
  return {
    stages: stagesOf(carts),
    carts: { value: sumOf(carts, value), ...sums },
    orders: {
      count: orders.length,
      without_cart: orders.filter(({ cart }) => cart === null).length,
      gross_sales: grossSales,
      discounts,
      tax: sumOf(orders, ({ taxAdded }) => taxAdded),
      shipping: sumOf(orders, ({ shipping }) => shipping),
      unexplained: sumOf(orders, ({ unexplained }) => unexplained),
      order_total: orderTotal,
      refunds: refunded,
      net: orderTotal - refunded,
      net_sales: grossSales - discounts - sumOf(refunds, ({ items }) => items),
      average_order_value: orders.length === 0 ? null : divideHalfEven(grossSales - discounts, BigInt(orders.length)),
    },
    bridge: bridgeOf(period),
    timing: sumOf(orders, cartValue) - sums.bought,
    difference: 0n,
  };
};

/** By currency. A shopper keeps to one, so an order's is its cart's. */
export const revenueTruth = (period: Period): Record<string, CurrencyRevenue> => {
  const currencies = new Set([
    ...period.carts.map(({ fact }) => fact.currency),
    ...period.orders.map(({ currency }) => currency),
    ...period.refunds.map(({ currency }) => currency),
  ]);
  return Object.fromEntries(
    [...currencies].sort(compareText).map((currency) => [
      currency,
      currencyTruth({
        carts: period.carts.filter(({ fact }) => fact.currency === currency),
        orders: period.orders.filter((order) => order.currency === currency),
        refunds: period.refunds.filter((refund) => refund.currency === currency),
        cartValue: period.cartValue,
      }),
    ]),
  );
};
