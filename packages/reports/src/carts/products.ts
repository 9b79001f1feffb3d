import { defineQuery } from '@cartledger/clickhouse';
import { z } from 'zod';
import {
  CARTS,
  cartParams,
  LEFT,
  OPENED_IN_PERIOD,
  PRODUCTS_BOUGHT,
  PRODUCTS_COUNTED,
  PRODUCTS_EVER,
} from './predicates.ts';

const count = z.coerce.number();

/** Per product and currency: carts it was ever in, left in, bought in (counted in the row of currency ''), value left. */
export const cartProducts = defineQuery({
  name: 'cart_products',
  sql: `
    SELECT entry.1 AS product_id, entry.2 AS currency, sum(entry.3) AS carts, sum(entry.4) AS left, sum(entry.5) AS bought,
      sum(entry.6) AS value_left, argMaxIf(entry.7, (opened_at, cart_key), entry.7 != '') AS name
    FROM (
      SELECT opened_at, cart_key, arrayJoin(arrayConcat(
        arrayMap((id, name) -> (id, '', 1, 0, 0, toInt128(0), name), ${PRODUCTS_EVER}, products.name),
        if(${LEFT}, arrayMap(id -> (id, '', 0, 1, 0, toInt128(0), ''), ${PRODUCTS_COUNTED}), []),
        arrayMap(id -> (id, '', 0, 0, 1, toInt128(0), ''), ${PRODUCTS_BOUGHT}),
        if(${LEFT}, arrayFilter(line -> line.2 != '',
          arrayMap((id, currency, quantity, price) -> (id, if(price IS NULL, '', toString(currency)), 0, 0, 0, toInt128(quantity) * ifNull(price, 0), ''),
            lines.product_id, lines.currency, lines.quantity, lines.unit_price)), []))) AS entry
      FROM ${CARTS}
      WHERE ${OPENED_IN_PERIOD}
    )
    GROUP BY product_id, currency`,
  params: cartParams,
  row: z.object({
    product_id: z.string(),
    currency: z.string(),
    carts: count,
    left: count,
    bought: count,
    value_left: z.coerce.bigint(),
    name: z.string(),
  }),
});
