import { defineQuery } from '@cartledger/clickhouse';
import { z } from 'zod';
import { DATED_IN_PERIOD, ORDER_AMOUNTS, periodParams, REFUNDED, REFUNDED_ITEMS, WITHOUT_CART } from './predicates.ts';

const count = z.coerce.number();
const amount = z.coerce.bigint();
const sums = Object.entries(ORDER_AMOUNTS)
  .map(([name, column]) => `sum(${column}) AS ${name}`)
  .join(', ');

export const orderTotals = defineQuery({
  name: 'order_totals',
  sql: `
    SELECT currency, count() AS orders, countIf(${WITHOUT_CART}) AS without_cart, ${sums}
    FROM orders
    WHERE ${DATED_IN_PERIOD}
    GROUP BY currency`,
  params: periodParams,
  row: z.object({
    currency: z.string(),
    orders: count,
    without_cart: count,
    gross_sales: amount,
    discounts: amount,
    tax: amount,
    shipping: amount,
    unexplained: amount,
    order_total: amount,
  }),
});

/** The lines above gross_sales that the period's orders move; in the cart's currency where that differs. */
export const bridgeLines = defineQuery({
  name: 'bridge_lines',
  sql: `
    SELECT line, line_currency AS currency, sum(line_amount) AS amount
    FROM orders
    ARRAY JOIN bridge.line AS line, bridge.currency AS line_currency, bridge.amount AS line_amount
    WHERE ${DATED_IN_PERIOD}
    GROUP BY line, line_currency`,
  params: periodParams,
  row: z.object({ line: z.string(), currency: z.string(), amount }),
});

export const refundTotals = defineQuery({
  name: 'refund_totals',
  sql: `
    SELECT currency, sum(${REFUNDED}) AS total, sum(${REFUNDED_ITEMS}) AS items
    FROM refunds
    WHERE ${DATED_IN_PERIOD}
    GROUP BY currency`,
  params: periodParams,
  row: z.object({ currency: z.string(), total: amount, items: amount }),
});
