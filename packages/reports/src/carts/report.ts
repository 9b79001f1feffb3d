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
import type { ReadDays } from '../days/query.ts';
import { byValueThenId, sumMoney } from '../money.ts';
import { cartCells } from './cells.ts';
import { cartsAndValue, countCarts, peaksOf, reasonsOf } from './cells-fold.ts';
import { cartsLeftLast, cartTimes } from './details.ts';
import type { CartParams } from './predicates.ts';
import { cartProducts } from './products.ts';

type ProductRow = z.infer<typeof cartProducts.row>;

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

const add = <T>(rows: readonly T[], amount: (row: T) => number): number =>
  rows.reduce((sum, row) => sum + amount(row), 0);

const moneyOf = (rows: readonly { currency: string; value: bigint }[]): MoneyByCurrency =>
  sumMoney(rows.filter((row) => row.currency !== '').map((row) => [row.currency, row.value]));

const product = (product_id: string, rows: readonly ProductRow[]): AbandonmentBody['products'][number] => ({
  product_id,
  name: rows.find((row) => row.name !== '')?.name ?? null,
  carts: add(rows, (row) => row.carts),
  left: add(rows, (row) => row.left),
  bought: add(rows, (row) => row.bought),
  value_left: moneyOf(rows.map(({ currency, value_left }) => ({ currency, value: value_left }))),
});

/** Where carts opened in the period were left at T, and what was in them. */
export const readAbandonment = async (
  { clickhouse, days }: { clickhouse: ClickHouse; days: ReadDays },
  params: CartParams,
  only?: 'counts',
): Promise<AbandonmentBody & AbandonmentDetails> => {
  const [cells, [time], last, products] = await Promise.all([
    days(cartCells, params),
    only === 'counts' ? [] : clickhouse.query(cartTimes, params),
    only === 'counts' ? [] : clickhouse.query(cartsLeftLast, params),
    only === 'counts' ? [] : clickhouse.query(cartProducts, params),
  ]);
  const carts = countCarts(cells);
  const left = cells.filter((cell) => cell.is_left);
  const lastBy = (what: (typeof last)[number]['what']) =>
    group(
      last.filter((row) => row.what === what),
      (row) => row.id,
    )
      .map(([id, rows]) => ({ id, carts: add(rows, (row) => row.carts), value: moneyOf(rows) }))
      .sort(
        byValueThenId(
          (row) => row.value,
          (row) => row.id,
        ),
      );
  return {
    carts,
    ...ratesOf(carts),
    checkout: ratesOf(countCarts(cells.filter((cell) => cell.has_checkout))),
    points: group(left, (cell) => cell.furthest)
      .map(([stage, rows]) => ({ stage, ...cartsAndValue(rows) }))
      .sort((a, b) => POINTS.indexOf(a.stage) - POINTS.indexOf(b.stage)),
    reasons: reasonsOf(left),
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
    contactable: cartsAndValue(left.filter((cell) => cell.contactable)),
    ...peaksOf(cells),
    last_pages: lastBy('page').map(({ id, ...row }) => ({ page: id, ...row })),
    last_products: lastBy('product').map(({ id, ...row }) => ({ product_id: id, ...row })),
  };
};
