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
    WITH period AS (
      SELECT opened_at, cart_key, ${LEFT} AS is_left,
        ${PRODUCTS_EVER} AS ever, products.name AS names, ${PRODUCTS_COUNTED} AS counted, ${PRODUCTS_BOUGHT} AS bought_ids,
        lines.product_id AS line_products, lines.quantity AS quantities, lines.unit_price AS prices, lines.currency AS currencies
      FROM ${CARTS}
      WHERE ${OPENED_IN_PERIOD}
    )
    SELECT product_id, currency, sum(ever_in) AS carts, sum(left_in) AS left, sum(bought_in) AS bought, sum(amount) AS value_left,
      argMaxIf(seen_name, (seen_at, seen_cart), seen_name != '') AS name
    FROM (
      SELECT product_id, '' AS currency, 1 AS ever_in, 0 AS left_in, 0 AS bought_in, toInt128(0) AS amount,
        product_name AS seen_name, opened_at AS seen_at, cart_key AS seen_cart
      FROM period ARRAY JOIN ever AS product_id, names AS product_name
      UNION ALL
      SELECT product_id, '', 0, 1, 0, toInt128(0), '', opened_at, '' FROM period ARRAY JOIN counted AS product_id WHERE is_left
      UNION ALL
      SELECT product_id, '', 0, 0, 1, toInt128(0), '', opened_at, '' FROM period ARRAY JOIN bought_ids AS product_id
      UNION ALL
      SELECT product_id, toString(line_currency), 0, 0, 0, toInt128(quantity) * assumeNotNull(price), '', opened_at, ''
      FROM period ARRAY JOIN line_products AS product_id, quantities AS quantity, prices AS price, currencies AS line_currency
      WHERE is_left AND price IS NOT NULL
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
