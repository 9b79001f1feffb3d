import { defineQuery } from '@cartledger/clickhouse';
import { z } from 'zod';
import {
  CARTS,
  cartParams,
  EVER_ABANDONED,
  FIRST_ABANDONED_MS,
  LEFT,
  OPENED_IN_PERIOD,
  RECOVERED,
} from './predicates.ts';

/** Quantile p of n is the sorted value at position ceil(p n): intDiv(n + 1, 2) and intDiv(9 n + 9, 10); NULL of none. */
const quantiles = (name: string, ms: string, where: string): string => `
  arraySort(groupArrayIf(${ms}, ${where})) AS ${name},
  if(empty(${name}), NULL, ${name}[intDiv(length(${name}) + 1, 2)]) AS ${name}_median,
  if(empty(${name}), NULL, ${name}[intDiv(9 * length(${name}) + 9, 10)]) AS ${name}_p90`;

const ms = z.coerce.number().nullable();

/** Opening to first abandonment of carts ever abandoned; last abandonment to order of recovered ones. */
export const cartTimes = defineQuery({
  name: 'cart_times',
  sql: `
    SELECT abandonment_median, abandonment_p90, recovery_median, recovery_p90 FROM (
      SELECT ${quantiles('abandonment', `${FIRST_ABANDONED_MS} - toUnixTimestamp64Milli(opened_at)`, EVER_ABANDONED)},
        ${quantiles('recovery', "dateDiff('millisecond', last_abandoned_at, ordered_at)", RECOVERED)}
      FROM ${CARTS}
      WHERE ${OPENED_IN_PERIOD}
    )`,
  params: cartParams,
  row: z.object({ abandonment_median: ms, abandonment_p90: ms, recovery_median: ms, recovery_p90: ms }),
});

/** Carts abandoned or lost at T by the last page (of_product 0) and by the last product (1) of their own events; amounts by currency. */
export const cartsLeftLast = defineQuery({
  name: 'carts_left_last',
  sql: `
    SELECT grouping(last_page) = 1 AS of_product, last_page, last_product, currencies, count() AS carts, sumForEach(amounts) AS totals
    FROM (
      SELECT last_page, last_product, value.currency AS currencies, value.amount AS amounts
      FROM ${CARTS}
      WHERE ${OPENED_IN_PERIOD} AND ${LEFT}
    )
    GROUP BY GROUPING SETS ((last_page, currencies), (last_product, currencies))`,
  params: cartParams,
  row: z.object({
    of_product: z.coerce.boolean(),
    last_page: z.string(),
    last_product: z.string(),
    currencies: z.array(z.string()),
    carts: z.coerce.number(),
    totals: z.array(z.coerce.bigint()),
  }),
});
