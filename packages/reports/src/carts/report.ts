import type { ClickHouse } from '@cartledger/clickhouse';
import {
  type AbandonmentBody,
  type AbandonmentDetails,
  type AbandonmentRates,
  type CartCounts,
  POINTS,
} from '@cartledger/funnel';
import type { z } from 'zod';
import { rate } from '../arithmetic.ts';
import type { ReadDays } from '../days/query.ts';
import { byValueThenId, sumMoney } from '../money.ts';
import { type CartCell, cartCells } from './cells.ts';
import { cartsAndValue, countCarts, peaksOf, reasonsOf } from './cells-fold.ts';
import { cartsLeftLast, cartTimes } from './details.ts';
import type { CartParams } from './predicates.ts';
import { readProducts } from './products.ts';

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

type LeftLast = z.infer<typeof cartsLeftLast.row>;

/** Rows that are told apart by the currencies of their carts, added up. */
const lastBy = (rows: readonly LeftLast[], idOf: (row: LeftLast) => string) =>
  group(rows, idOf)
    .map(([id, same]) => ({
      id,
      carts: same.reduce((sum, { carts }) => sum + carts, 0),
      value: sumMoney(
        same.flatMap(({ currencies, totals }) =>
          currencies.map((currency, i): [string, bigint] => [currency, totals[i] ?? 0n]),
        ),
      ),
    }))
    .sort(
      byValueThenId(
        (row) => row.value,
        (row) => row.id,
      ),
    );

/** Where carts opened in the period were left at T, and what was in them. */
export const readAbandonment = async (
  { clickhouse, days }: { clickhouse: ClickHouse; days: ReadDays },
  params: CartParams,
  only?: 'counts',
): Promise<{ body: AbandonmentBody & AbandonmentDetails; cells: CartCell[] }> => {
  const [cells, [time], last, products] = await Promise.all([
    days(cartCells, params),
    only === 'counts' ? [] : clickhouse.query(cartTimes, params),
    only === 'counts' ? [] : clickhouse.query(cartsLeftLast, params),
    only === 'counts' ? [] : readProducts(clickhouse, params),
  ]);
  const carts = countCarts(cells);
  const left = cells.filter((cell) => cell.is_left);
  const body = {
    carts,
    ...ratesOf(carts),
    checkout: ratesOf(countCarts(cells.filter((cell) => cell.has_checkout))),
    points: group(left, (cell) => cell.furthest)
      .map(([stage, rows]) => ({ stage, ...cartsAndValue(rows) }))
      .sort((a, b) => POINTS.indexOf(a.stage) - POINTS.indexOf(b.stage)),
    reasons: reasonsOf(left),
    products,
    times: {
      median_ms_to_abandonment: time?.abandonment_median ?? null,
      p90_ms_to_abandonment: time?.abandonment_p90 ?? null,
      median_ms_to_recovery: time?.recovery_median ?? null,
      p90_ms_to_recovery: time?.recovery_p90 ?? null,
    },
    contactable: cartsAndValue(left.filter((cell) => cell.contactable)),
    ...peaksOf(cells),
    last_pages: lastBy(
      last.filter((row) => !row.of_product),
      (row) => row.last_page,
    ).map(({ id, ...row }) => ({ page: id, ...row })),
    last_products: lastBy(
      last.filter((row) => row.of_product),
      (row) => row.last_product,
    ).map(({ id, ...row }) => ({ product_id: id, ...row })),
  };
  return { body, cells };
};
