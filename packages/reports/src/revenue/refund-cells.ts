import { type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import type { RefundsOn } from '@cartledger/funnel';
import type { z } from 'zod';
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
