import type { ClickHouse } from '@cartledger/clickhouse';
import {
  type AbandonmentBody,
  type AbandonmentRates,
  type CartCounts,
  type MoneyByCurrency,
  POINTS,
} from '@cartledger/funnel';
import type { z } from 'zod';
import { rate } from './arithmetic.ts';
import { type CartParams, cartCounts, cartProducts, cartsLeft } from './cart-queries.ts';
import { byValueThenId, sumMoney } from './money.ts';

type CountRow = z.infer<typeof cartCounts.row>;
type LeftRow = z.infer<typeof cartsLeft.row>;
type ProductRow = z.infer<typeof cartProducts.row>;

const STATES = ['active', 'idle', 'abandoned', 'lost', 'emptied', 'purchased', 'recovered'] as const;

const add = <T>(rows: readonly T[], amount: (row: T) => number): number =>
  rows.reduce((sum, row) => sum + amount(row), 0);

const inState = (rows: readonly CountRow[], state: (typeof STATES)[number]): number =>
  add(
    rows.filter((row) => row.state === state),
    (row) => row.carts,
  );

const countCarts = (rows: readonly CountRow[]): CartCounts => ({
  created: add(rows, (row) => row.carts),
  active: inState(rows, 'active'),
  idle: inState(rows, 'idle'),
  abandoned: inState(rows, 'abandoned'),
  lost: inState(rows, 'lost'),
  emptied: inState(rows, 'emptied'),
  purchased: inState(rows, 'purchased'),
  recovered: inState(rows, 'recovered'),
  recovered_late: add(rows, (row) => row.late),
  revived: add(rows, (row) => row.revived),
});

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

const left = (rows: readonly LeftRow[]): { carts: number; value: MoneyByCurrency } => ({
  carts: add(rows, (row) => row.carts),
  value: sumMoney(rows.filter((row) => row.currency !== '').map((row) => [row.currency, row.total])),
});

const product = (product_id: string, rows: readonly ProductRow[]): AbandonmentBody['products'][number] => ({
  product_id,
  name: rows.find((row) => row.name !== '')?.name ?? null,
  carts: add(rows, (row) => row.carts),
  left: add(rows, (row) => row.left),
  bought: add(rows, (row) => row.bought),
  value_left: sumMoney(rows.filter((row) => row.currency !== '').map((row) => [row.currency, row.value_left])),
});

/** Where carts opened in the period were left at T, and what was in them. */
export const readAbandonment = async (clickhouse: ClickHouse, params: CartParams): Promise<AbandonmentBody> => {
  const [counts, leftRows, productRows] = await Promise.all([
    clickhouse.query(cartCounts, params),
    clickhouse.query(cartsLeft, params),
    clickhouse.query(cartProducts, params),
  ]);
  const carts = countCarts(counts);
  return {
    carts,
    ...ratesOf(carts),
    checkout: ratesOf(countCarts(counts.filter((row) => row.has_checkout))),
    points: group(leftRows, (row) => row.furthest)
      .map(([stage, rows]) => ({ stage, ...left(rows) }))
      .sort((a, b) => POINTS.indexOf(a.stage) - POINTS.indexOf(b.stage)),
    reasons: group(leftRows, (row) => row.reason)
      .map(([code, rows]) => ({ code, ...left(rows) }))
      .sort(
        byValueThenId(
          (row) => row.value,
          (row) => row.code,
        ),
      ),
    products: group(productRows, (row) => row.product_id)
      .map(([id, rows]) => product(id, rows))
      .sort(
        byValueThenId(
          (row) => row.value_left,
          (row) => row.product_id,
        ),
      ),
  };
};
