import { defineQuery } from '@cartledger/clickhouse';
import { z } from 'zod';
import { QUANTILES } from '../funnel/counts.ts';
import { journeyParams, ROWS_OF_FUNNEL } from '../funnel/predicates.ts';
import { DATED_IN_PERIOD, periodParams } from '../revenue/predicates.ts';

const count = z.coerce.number();

/** Visitors with an event of any of the funnel's stages in the period: the one figure that no row knows by itself. */
export const leads = defineQuery({
  name: 'pipeline_leads',
  sql: `SELECT uniqExact(visitor_id) AS leads FROM ${ROWS_OF_FUNNEL} WHERE any > 0`,
  params: journeyParams,
  row: z.object({ leads: count }),
});

/** From the visitor's first event after the previous order to the order. */
export const salesCycles = defineQuery({
  name: 'pipeline_sales_cycles',
  sql: `
    SELECT length(sorted) AS orders, ${QUANTILES} FROM (
      SELECT arraySort(groupArray(ms)) AS sorted
      FROM (
        SELECT greatest(0, dateDiff('millisecond', cycle_started_at, ordered_at)) AS ms
        FROM orders
        WHERE ${DATED_IN_PERIOD} AND toUnixTimestamp64Milli(cycle_started_at) != 0
      )
    )`,
  params: periodParams,
  row: z.object({ orders: count, median: count, p90: count }),
});

/** Orders before which there is none of their customer in all history; of orders without customer_id, none of their visitor. */
export const newBuyers = defineQuery({
  name: 'pipeline_new_buyers',
  sql: `
    WITH period AS (SELECT order_id, customer_id, new_buyer FROM orders WHERE ${DATED_IN_PERIOD})
    SELECT
      (SELECT count() FROM period) AS orders,
      (SELECT countIf(customer_id = '' AND new_buyer) FROM period) + (
        SELECT count() FROM period WHERE order_id IN (
          SELECT argMin(order_id, (ordered_at, order_id))
          FROM orders
          WHERE store_id = {store_id:String} AND NOT test AND customer_id IN (SELECT customer_id FROM period WHERE customer_id != '')
          GROUP BY customer_id
        )
      ) AS new_buyers`,
  params: periodParams,
  row: z.object({ orders: count, new_buyers: count }),
});
