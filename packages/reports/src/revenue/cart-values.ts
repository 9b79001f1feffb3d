import { defineQuery } from '@cartledger/clickhouse';
import { POINTS } from '@cartledger/funnel';
import { z } from 'zod';
import { BOUGHT, CARTS, cartParams, LEFT, OPENED_IN_PERIOD, RECOVERED, STANDING } from '../carts/predicates.ts';

/** Carts opened in the period with a value in the currency, by how far they came and where they stand at T. */
export const cartValues = defineQuery({
  name: 'cart_values',
  sql: `
    SELECT currency, furthest, abandoned_point,
      multiIf(${LEFT}, 'left', ${STANDING}, 'standing', ${BOUGHT}, 'bought', 'emptied') AS standing,
      ${RECOVERED} AS was_recovered,
      count() AS carts, sum(amount) AS total
    FROM ${CARTS}
    ARRAY JOIN value.currency AS currency, value.amount AS amount
    WHERE ${OPENED_IN_PERIOD}
    GROUP BY currency, furthest, abandoned_point, standing, was_recovered`,
  params: cartParams,
  row: z.object({
    currency: z.string(),
    furthest: z.enum(POINTS),
    abandoned_point: z.enum(['', ...POINTS]),
    standing: z.enum(['left', 'standing', 'bought', 'emptied']),
    was_recovered: z.coerce.boolean(),
    carts: z.coerce.number(),
    total: z.coerce.bigint(),
  }),
});
