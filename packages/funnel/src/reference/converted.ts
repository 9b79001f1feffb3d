/** Totals in one currency, each ledger row at its own day's rate (definitions.md 6). */
import { currencyExponent } from '@cartledger/events';
import type { ConvertedTotals } from '../reports/index.ts';
import { isLeft } from './abandonment.ts';
import { divideHalfEven } from './arithmetic.ts';
import type { CountedCart } from './counted.ts';
import type { DayOf } from './days.ts';
import { compareText } from './ordering.ts';
import { isBought, isEmptied, isStanding, type Period } from './revenue.ts';

/** On a day one unit of `currency` was worth `rate` units of `base`, by that source. */
export type FxRate = {
  source: string;
  day: string;
  currency: string;
  base: string;
  /** A decimal with at most 18 places: `1.0842`. */
  rate: string;
};

/** Sums that add up over parts of a history, and what they lacked. */
export type ConvertedSums = {
  currency: string;
  source: string;
  usedDays: readonly string[];
  missing: ConvertedTotals['missing'];
  carts: NonNullable<ConvertedTotals['carts']>;
  cartsLack: boolean;
  orders: NonNullable<ConvertedTotals['orders']>;
  ordersLack: boolean;
};

export const convertedSums = (
  { source, currency: target, rates }: { source: string; currency: string; rates: readonly FxRate[] },
  period: Period,
  dayOf: DayOf,
): ConvertedSums => {
  const usedDays = new Set<string>();
  const missing = new Map<string, { currency: string; day: string }>();
  const ofSource = rates.filter((rate) => rate.source === source);

  /** What counts as 0 here is told by `missing`, and never shown. */
  const turn = (amount: bigint, currency: string, day: string): bigint => {
    if (currency === target) return amount;
    const turned = convert(
      amount,
      currency,
      target,
      ofSource.filter((rate) => rate.day === day),
    );
    if (turned === null) missing.set(JSON.stringify([currency, day]), { currency, day });
    else usedDays.add(day);
    return turned ?? 0n;
  };
  const sum = <T>(rows: readonly T[], amount: (row: T) => bigint): bigint =>
    rows.reduce((total, row) => total + amount(row), 0n);
  const worth = (c: CountedCart): bigint =>
    sum([...c.value], ([currency, amount]) => turn(amount, currency, c.openedOn));

  const carts = {
    left: sum(period.carts.filter(isLeft), worth),
    standing: sum(period.carts.filter(isStanding), worth),
    emptied: sum(period.carts.filter(isEmptied), worth),
    bought: sum(period.carts.filter(isBought), worth),
  };
  const cartsLack = missing.size > 0;
  const missingInCarts = [...missing.values()];
  missing.clear();

  const inOrders = (which: 'items' | 'discount' | 'taxAdded' | 'shipping' | 'unexplained' | 'total'): bigint =>
    sum(period.orders, ({ order }) => turn(order.amounts[which], order.currency, dayOf(order.ordered_at)));
  const inRefunds = (which: 'total' | 'items'): bigint =>
    sum(period.refunds, (refund) => turn(refund[which], refund.currency, refund.datedOn));
  const orders = {
    gross_sales: inOrders('items'),
    discounts: inOrders('discount'),
    tax: inOrders('taxAdded'),
    shipping: inOrders('shipping'),
    unexplained: inOrders('unexplained'),
    order_total: inOrders('total'),
    refunds: inRefunds('total'),
    net: inOrders('total') - inRefunds('total'),
    net_sales: inOrders('items') - inOrders('discount') - inRefunds('items'),
  };
  return {
    currency: target,
    source,
    usedDays: [...usedDays],
    missing: [...missingInCarts, ...missing.values()],
    carts: { value: carts.left + carts.standing + carts.emptied + carts.bought, ...carts },
    cartsLack,
    orders,
    ordersLack: missing.size > 0,
  };
};

export const convertedTotals = (sums: ConvertedSums): ConvertedTotals => {
  const days = sums.usedDays.toSorted();
  const [from] = days;
  const to = days.at(-1);
  const missing = new Map(sums.missing.map((each) => [JSON.stringify([each.currency, each.day]), each]));
  return {
    currency: sums.currency,
    source: sums.source,
    rate_days: from === undefined || to === undefined ? null : { from, to },
    missing: [...missing.values()].sort((a, b) => compareText(a.currency, b.currency) || compareText(a.day, b.day)),
    carts: sums.cartsLack ? null : sums.carts,
    orders: sums.ordersLack ? null : sums.orders,
  };
};

type Fraction = { n: bigint; d: bigint };

/**
 * One amount by one day's rates, rounded once, half-even: by the row (currency, target), else by the first base in byte
 * order that has a rate of both, its own being 1. null where there is none.
 */
export const convert = (
  amount: bigint,
  currency: string,
  target: string,
  rates: readonly Pick<FxRate, 'currency' | 'base' | 'rate'>[],
): bigint | null => {
  if (currency === target) return amount;
  const inBase = (of: string, base: string): Fraction | undefined => {
    if (of === base) return { n: 1n, d: 1n };
    const row = rates.find((rate) => rate.currency === of && rate.base === base);
    return row === undefined ? undefined : fractionOf(row.rate);
  };
  const direct = inBase(currency, target);
  const bases = [...new Set([currency, ...rates.map((rate) => rate.base)])].sort(compareText);
  const across = bases.flatMap((base) => {
    const own = inBase(currency, base);
    const targets = inBase(target, base);
    return own === undefined || targets === undefined ? [] : { n: own.n * targets.d, d: own.d * targets.n };
  });
  const rate = direct ?? across[0];
  if (rate === undefined || rate.d === 0n) return null;
  const n = amount * rate.n * 10n ** BigInt(currencyExponent(target) ?? 2);
  return divideHalfEven(n, rate.d * 10n ** BigInt(currencyExponent(currency) ?? 2));
};

/** `1.0842` is 10842 / 10000. */
const fractionOf = (decimal: string): Fraction => {
  const [whole = '', places = ''] = decimal.split('.');
  return { n: BigInt(whole + places), d: 10n ** BigInt(places.length) };
};
