/** What stands beside the abandonment report: times, contacts, peaks, and where carts were last seen (definitions.md 4). */
import type { AbandonmentDetails, MoneyByCurrency } from '../reports/index.ts';
import { byValueThen, type CartsAndValue, cartsAndValue, isLeft, moneyOf } from './abandonment.ts';
import { addAllMoney, addMoney, type Money, quantile } from './arithmetic.ts';
import { worthOf } from './contents.ts';
import type { CountedCart } from './counted.ts';
import { hasItems } from './kept.ts';

/** The quantiles of the details are of these. */
export type CartTimes = { toAbandonment: readonly number[]; toRecovery: readonly number[] };

export const cartTimesOf = (carts: readonly CountedCart[]): CartTimes => ({
  toAbandonment: carts.flatMap(({ life, openedAt }) =>
    isEverAbandoned(life.state) && life.firstAbandonedAt !== null ? life.firstAbandonedAt - openedAt : [],
  ),
  toRecovery: carts.flatMap(({ life, cart }) =>
    life.state === 'recovered' && life.lastAbandonedAt !== null && cart.order !== null
      ? cart.order.ordered_at - life.lastAbandonedAt
      : [],
  ),
});

const isEverAbandoned = (state: CountedCart['life']['state']): boolean =>
  state === 'abandoned' || state === 'lost' || state === 'recovered';

export const timesOf = ({ toAbandonment, toRecovery }: CartTimes): AbandonmentDetails['times'] => ({
  median_ms_to_abandonment: quantile(toAbandonment, 50),
  p90_ms_to_abandonment: quantile(toAbandonment, 90),
  median_ms_to_recovery: quantile(toRecovery, 50),
  p90_ms_to_recovery: quantile(toRecovery, 90),
});

export const abandonmentDetails = (carts: readonly CountedCart[]): AbandonmentDetails => {
  const left = carts.filter(isLeft);
  return {
    times: timesOf(cartTimesOf(carts)),
    contactable: cartsAndValue(left.filter(isContactable)),
    peak_value: sumOf(carts.map(peakOf)),
    removed: sumOf(carts.map(removedOf)),
    last_pages: groupLeft(left, lastPageOf)
      .map(([page, group]) => ({ page, ...group }))
      .sort(byValueThen((row) => row.page)),
    last_products: groupLeft(left, lastProductOf)
      .map(([product_id, group]) => ({ product_id, ...group }))
      .sort(byValueThen((row) => row.product_id)),
  };
};

const groupLeft = (left: readonly CountedCart[], by: (c: CountedCart) => string): [string, CartsAndValue][] =>
  [...Map.groupBy(left, by)].map(([key, group]) => [key, cartsAndValue(group)]);

/** Someone can be written to. */
export const isContactable = ({ cart }: CountedCart): boolean => cart.events.some((e) => e.customer_id !== undefined);

/** The largest amount of each currency at any moment, at the last stated prices. */
export const peakOf = ({ contents }: CountedCart): Money => {
  const peak: Money = new Map();
  for (const lines of contents.after) {
    for (const [currency, amount] of worthOf(lines, contents.prices)) {
      const before = peak.get(currency);
      if (before === undefined || amount > before) peak.set(currency, amount);
    }
  }
  return peak;
};

export const removedOf = (c: CountedCart): Money => {
  const removed = peakOf(c);
  for (const [currency, amount] of c.value) addMoney(removed, currency, -amount);
  return removed;
};

const sumOf = (amounts: readonly Money[]): MoneyByCurrency => {
  const sum: Money = new Map();
  for (const each of amounts) addAllMoney(sum, each);
  return moneyOf(sum);
};

export const lastPageOf = ({ cart }: CountedCart): string =>
  cart.events.map((e) => e.page?.path || e.page?.url || '').findLast((page) => page !== '') ?? '';

export const lastProductOf = ({ cart }: CountedCart): string =>
  cart.events.findLast(hasItems)?.items?.at(-1)?.product_id ?? '';
