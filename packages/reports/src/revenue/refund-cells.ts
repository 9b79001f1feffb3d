import { type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import type { RefundsOn } from '@cartledger/funnel';
import { z } from 'zod';
import type { ReadDays } from '../days/query.ts';
import { type OrderCell, orderCells } from './order-cells.ts';
import { DATED_IN_PERIOD, periodParams, REFUNDED, REFUNDED_ITEMS, REFUNDS } from './predicates.ts';

/**
 * What is refunded of the period's orders, as a cell each currency. Read from the ledger: in rollups by both days a refund
 * would make its order's day dirty as well, and move with the order, for what is asked for seldom.
 */
const refundCellsByOrder = defineQuery({
  name: 'refund_cells_by_order',
  sql: `
    SELECT 'refunds' AS part, '' AS line, toString(refunds_dated.currency) AS currency, 0 AS orders, 0 AS without_cart,
      [sum(${REFUNDED}), sum(${REFUNDED_ITEMS})] AS amounts
    FROM ${REFUNDS.order} AS refunds_dated
    WHERE ${DATED_IN_PERIOD}
    GROUP BY currency`,
  params: periodParams,
  row: orderCells.clean.row,
});

/** The cells of a period, its refunds by the days they count on. */
export const readOrderCells = async (
  { clickhouse, days }: { clickhouse: ClickHouse; days: ReadDays },
  params: z.input<typeof periodParams>,
  refundsOn: RefundsOn,
): Promise<OrderCell[]> => {
  if (refundsOn === 'refund') return days(orderCells, params);
  const [cells, refunds] = await Promise.all([days(orderCells, params), clickhouse.query(refundCellsByOrder, params)]);
  return [...cells.filter(({ part }) => part !== 'refunds'), ...refunds];
};

/** Each refund once, whatever the cells are made of; the groups of a long period go to disk. */
const refundTotals = (refundsOn: RefundsOn) =>
  defineQuery({
    name: `refund_totals_by_${refundsOn}`,
    sql: `
    SELECT refunded_in AS currency, sum(refunded) AS total
    FROM (
      SELECT order_id, refund_id, toString(any(refunds_dated.currency)) AS refunded_in, any(${REFUNDED}) AS refunded
      FROM ${REFUNDS[refundsOn]} AS refunds_dated
      WHERE ${DATED_IN_PERIOD}
      GROUP BY order_id, refund_id
    )
    GROUP BY currency
    SETTINGS max_bytes_before_external_group_by = 1000000000`,
    params: periodParams,
    row: z.object({ currency: z.string(), total: z.coerce.bigint() }),
  });
const TOTALS = { refund: refundTotals('refund'), order: refundTotals('order') };

/** By currency. */
export type RefundTotals = ReadonlyMap<string, bigint>;

/** What the refunds' own rows come to: the other side of the cells, by which the bridge is checked. */
export const readRefundTotals = async (
  clickhouse: ClickHouse,
  params: z.input<typeof periodParams>,
  refundsOn: RefundsOn,
): Promise<RefundTotals> => {
  const rows = await clickhouse.query(TOTALS[refundsOn], params);
  return new Map(rows.map(({ currency, total }) => [currency, total]));
};
