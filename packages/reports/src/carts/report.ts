import type { ClickHouse } from '@cartledger/clickhouse';
import {
  type AbandonmentBody,
  type AbandonmentDetails,
  type AbandonmentRates,
  type CartCounts,
  type MoneyByCurrency,
  POINTS,
} from '@cartledger/funnel';
import type { z } from 'zod';
import { rate } from '../arithmetic.ts';
import { byValueThenId, sumMoney } from '../money.ts';
import { cartCounts, cartTimes } from './counts.ts';
import { cartPeaks, cartsLeft, cartsLeftLast } from './left.ts';
import { CART_FIGURE_NAMES, type CartParams } from './predicates.ts';
import { cartProducts } from './products.ts';

type CountRow = z.infer<typeof cartCounts.row>;
type Money = { currency: string; total: bigint };
type ProductRow = z.infer<typeof cartProducts.row>;

const add = <T>(rows: readonly T[], amount: (row: T) => number): number =>
  rows.reduce((sum, row) => sum + amount(row), 0);

const NO_CARTS: CartCounts = {
  created: 0,
  active: 0,
  idle: 0,
  abandoned: 0,
  lost: 0,
  emptied: 0,
  purchased: 0,
  recovered: 0,
  recovered_late: 0,
  revived: 0,
};

const countCarts = (rows: readonly CountRow[]): CartCounts => {
  const counts = { ...NO_CARTS };
  for (const name of CART_FIGURE_NAMES) counts[name] = add(rows, (row) => row[name]);
  return counts;
};

const ratesOf = ({ created, abandoned, lost, purchased, recovered }: CartCounts): AbandonmentRates => {
  const everAbandoned = abandoned + lost + recovered;
  return {
    abandonment_rate: rate(everAbandoned, everAbandoned + purchased),
    recovery_rate: rate(recovered, everAbandoned),
    not_bought_rate: rate(created - purchased - recovered, created),
  };
};

/** The rows of each key, in the order the keys first come. */
const group = <K, T>(rows: readonly T[], key: (row: T) => K): [K, T[]][] => [...Map.groupBy(rows, key)];

const moneyOf = (rows: readonly Money[]): MoneyByCurrency =>
  sumMoney(rows.filter((row) => row.currency !== '').map((row) => [row.currency, row.total]));

const cartsAndValue = (rows: readonly (Money & { carts: number })[]): { carts: number; value: MoneyByCurrency } => ({
  carts: add(rows, (row) => row.carts),
  value: moneyOf(rows),
});

const product = (product_id: string, rows: readonly ProductRow[]): AbandonmentBody['products'][number] => ({
  product_id,
  name: rows.find((row) => row.name !== '')?.name ?? null,
  carts: add(rows, (row) => row.carts),
  left: add(rows, (row) => row.left),
  bought: add(rows, (row) => row.bought),
  value_left: moneyOf(rows.map(({ currency, value_left }) => ({ currency, total: value_left }))),
});

/** Where carts opened in the period were left at T, and what was in them. */
export const readAbandonment = async (
  clickhouse: ClickHouse,
  params: CartParams,
): Promise<AbandonmentBody & AbandonmentDetails> => {
  const [counts, times, left, last, peaks, products] = await Promise.all([
    clickhouse.query(cartCounts, params),
    clickhouse.query(cartTimes, params),
    clickhouse.query(cartsLeft, params),
    clickhouse.query(cartsLeftLast, params),
    clickhouse.query(cartPeaks, params),
    clickhouse.query(cartProducts, params),
  ]);
  const carts = countCarts(counts);
  const [time] = times;
  const lastBy = (what: (typeof last)[number]['what']) =>
    group(
      last.filter((row) => row.what === what),
      (row) => row.id,
    )
      .map(([id, rows]) => ({ id, ...cartsAndValue(rows) }))
      .sort(
        byValueThenId(
          (row) => row.value,
          (row) => row.id,
        ),
      );
  return {
    carts,
    ...ratesOf(carts),
    checkout: ratesOf(countCarts(counts.filter((row) => row.has_checkout))),
    points: group(left, (row) => row.furthest)
      .map(([stage, rows]) => ({ stage, ...cartsAndValue(rows) }))
      .sort((a, b) => POINTS.indexOf(a.stage) - POINTS.indexOf(b.stage)),
    reasons: group(left, (row) => row.reason)
      .map(([code, rows]) => ({ code, ...cartsAndValue(rows) }))
      .sort(
        byValueThenId(
          (row) => row.value,
          (row) => row.code,
        ),
      ),
    products: group(products, (row) => row.product_id)
      .map(([id, rows]) => product(id, rows))
      .sort(
        byValueThenId(
          (row) => row.value_left,
          (row) => row.product_id,
        ),
      ),
    times: {
      median_ms_to_abandonment: time?.abandonment_median ?? null,
      p90_ms_to_abandonment: time?.abandonment_p90 ?? null,
      median_ms_to_recovery: time?.recovery_median ?? null,
      p90_ms_to_recovery: time?.recovery_p90 ?? null,
    },
    contactable: cartsAndValue(left.filter((row) => row.contactable)),
    peak_value: sumMoney(peaks.map(({ currency, peak }) => [currency, peak])),
    removed: sumMoney(peaks.map(({ currency, peak, value }) => [currency, peak - value])),
    last_pages: lastBy('page').map(({ id, ...row }) => ({ page: id, ...row })),
    last_products: lastBy('product').map(({ id, ...row }) => ({ product_id: id, ...row })),
  };
};
