import { defineQuery } from '@cartledger/clickhouse';
import { POINTS } from '@cartledger/funnel';
import { z } from 'zod';
import { CARTS, cartParams, LEFT, OPENED_IN_PERIOD } from './predicates.ts';

const count = z.coerce.number();
const total = z.coerce.bigint();

/** Of the carts abandoned or lost at T. A cart counts in the row of its first currency; '' for one without value. */
export const cartsLeft = defineQuery({
  name: 'carts_left',
  sql: `
    SELECT furthest, reason, contactable, currency, countIf(n <= 1) AS carts, sum(amount) AS total
    FROM ${CARTS}
    LEFT ARRAY JOIN value.currency AS currency, value.amount AS amount, arrayEnumerate(value.currency) AS n
    WHERE ${OPENED_IN_PERIOD} AND ${LEFT}
    GROUP BY furthest, reason, contactable, currency`,
  params: cartParams,
  row: z.object({
    furthest: z.enum(POINTS),
    reason: z.string(),
    contactable: z.boolean(),
    currency: z.string(),
    carts: count,
    total,
  }),
});

/** The same by the last page and by the last product of the carts' own events. */
export const cartsLeftLast = defineQuery({
  name: 'carts_left_last',
  sql: `
    SELECT last.1 AS what, last.2 AS id, currency, countIf(n <= 1) AS carts, sum(amount) AS total
    FROM (
      SELECT [('page', last_page), ('product', last_product)] AS lasts, value.currency AS currencies, value.amount AS amounts
      FROM ${CARTS}
      WHERE ${OPENED_IN_PERIOD} AND ${LEFT}
    )
    ARRAY JOIN lasts AS last
    LEFT ARRAY JOIN currencies AS currency, amounts AS amount, arrayEnumerate(currencies) AS n
    GROUP BY what, id, currency`,
  params: cartParams,
  row: z.object({ what: z.enum(['page', 'product']), id: z.string(), currency: z.string(), carts: count, total }),
});

/** Of all carts of the period: what they hold and the most they ever held. */
export const cartPeaks = defineQuery({
  name: 'cart_peaks',
  sql: `
    SELECT currency, sum(at_peak) AS peak, sum(at_end) AS value
    FROM (
      SELECT peak_value.currency AS peak_currencies, peak_value.amount AS peaks,
        value.currency AS value_currencies, value.amount AS amounts
      FROM ${CARTS}
      WHERE ${OPENED_IN_PERIOD}
    )
    ARRAY JOIN
      arrayConcat(peak_currencies, value_currencies) AS currency,
      arrayConcat(peaks, arrayMap(a -> toInt128(0), amounts)) AS at_peak,
      arrayConcat(arrayMap(a -> toInt128(0), peaks), amounts) AS at_end
    GROUP BY currency`,
  params: cartParams,
  row: z.object({ currency: z.string(), peak: total, value: total }),
});
