import { z } from 'zod';
import { defineDaysQuery } from '../days/query.ts';
import { ORDER_AMOUNTS, type OrderAmount, periodParams } from './predicates.ts';

/** The rollup's columns of an order's amounts: those of the ledger, without what they begin with. */
const SUMS = (Object.keys(ORDER_AMOUNTS) as OrderAmount[]).map((name) => ({
  name,
  column: `\`sums.${ORDER_AMOUNTS[name].slice('amount_'.length)}\``,
}));
const variables = SUMS.map(({ name }) => name).join(', ');
const columns = SUMS.map(({ column }) => column).join(', ');

const count = z.coerce.number();

/**
 * One row: what the period's orders come to in a currency, in the order of ORDER_AMOUNT_NAMES; what they move on a line
 * of the bridge above gross_sales, in the cart's currency where that differs; what is refunded: total, items.
 */
export const orderCells = defineDaysQuery(
  {
    name: 'order_cells',
    rollup: 'order',
    columns: `\`sums.currency\`, \`sums.orders\`, \`sums.without_cart\`, ${columns},
      \`bridge.line\`, \`bridge.currency\`, \`bridge.amount\`,
      \`refunds.currency\`, \`refunds.refunds\`, \`refunds.total\`, \`refunds.items\``,
  },
  (days) => `
    SELECT cell.1 AS part, cell.2 AS line, cell.3 AS currency, sum(cell.4) AS orders, sum(cell.5) AS without_cart, sumForEach(cell.6) AS amounts
    FROM (
      SELECT arrayJoin(arrayConcat(
        arrayMap((c, orders, without_cart, ${variables}) -> ('orders', '', toString(c), orders, without_cart, [${variables}]),
          \`sums.currency\`, \`sums.orders\`, \`sums.without_cart\`, ${columns}),
        arrayMap((l, c, amount) -> ('bridge', toString(l), toString(c), toUInt64(0), toUInt64(0), [amount]),
          \`bridge.line\`, \`bridge.currency\`, \`bridge.amount\`),
        arrayMap((c, n, total, items) -> ('refunds', '', toString(c), n, toUInt64(0), [total, items]),
          \`refunds.currency\`, \`refunds.refunds\`, \`refunds.total\`, \`refunds.items\`))) AS cell
      FROM ${days}
    )
    GROUP BY part, line, currency`,
  periodParams,
  z.object({
    part: z.enum(['orders', 'bridge', 'refunds']),
    line: z.string(),
    currency: z.string(),
    orders: count,
    without_cart: count,
    amounts: z.array(z.coerce.bigint()),
  }),
);
export type OrderCell = z.output<typeof orderCells.clean.row>;

export const ORDER_AMOUNT_NAMES = SUMS.map(({ name }) => name);
