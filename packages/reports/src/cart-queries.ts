import { defineQuery } from '@cartledger/clickhouse';
import { POINTS } from '@cartledger/funnel';
import { z } from 'zod';

/** Parameters of every query over carts: the period, and T with the thresholds that make a cart's state. */
export const cartParams = z.object({
  store_id: z.string(),
  from: z.string(),
  to: z.string(),
  as_of: z.number(),
  idle_ms: z.number(),
  abandon_ms: z.number(),
  recovery_ms: z.number(),
});
export type CartParams = z.infer<typeof cartParams>;

const count = z.coerce.number();

export const cartCounts = defineQuery({
  name: 'cart_counts',
  sql: `
    SELECT has_checkout, state, count() AS carts, countIf(outcome = 'recovered_late') AS late, countIf(revived > 0) AS revived
    FROM carts_at(as_of = {as_of:Int64}, idle_ms = {idle_ms:Int64}, abandon_ms = {abandon_ms:Int64}, recovery_ms = {recovery_ms:Int64})
    WHERE store_id = {store_id:String} AND day BETWEEN {from:Date32} AND {to:Date32}
    GROUP BY has_checkout, state`,
  params: cartParams,
  row: z.object({ has_checkout: z.boolean(), state: z.string(), carts: count, late: count, revived: count }),
});

/** Carts abandoned or lost at T by point, reason and currency; a cart counts in the row of its first currency. */
export const cartsLeft = defineQuery({
  name: 'carts_left',
  sql: `
    SELECT furthest, reason, currency, countIf(n <= 1) AS carts, sum(amount) AS total
    FROM carts_at(as_of = {as_of:Int64}, idle_ms = {idle_ms:Int64}, abandon_ms = {abandon_ms:Int64}, recovery_ms = {recovery_ms:Int64})
    LEFT ARRAY JOIN value.currency AS currency, value.amount AS amount, arrayEnumerate(value.currency) AS n
    WHERE store_id = {store_id:String} AND day BETWEEN {from:Date32} AND {to:Date32} AND state IN ('abandoned', 'lost')
    GROUP BY furthest, reason, currency`,
  params: cartParams,
  row: z.object({
    furthest: z.enum(POINTS),
    reason: z.string(),
    currency: z.string(),
    carts: count,
    total: z.coerce.bigint(),
  }),
});

/** Per product and currency: carts it was ever in, left in, bought in (counted in the row of currency ''), value left. */
export const cartProducts = defineQuery({
  name: 'cart_products',
  sql: `
    WITH period AS (
      SELECT opened_at, cart_key, state IN ('abandoned', 'lost') AS is_left,
        products.product_id AS ever, products.name AS names, arrayDistinct(bought) AS bought_ids,
        lines.product_id AS line_products, lines.quantity AS quantities, lines.unit_price AS prices, lines.currency AS currencies
      FROM carts_at(as_of = {as_of:Int64}, idle_ms = {idle_ms:Int64}, abandon_ms = {abandon_ms:Int64}, recovery_ms = {recovery_ms:Int64})
      WHERE store_id = {store_id:String} AND day BETWEEN {from:Date32} AND {to:Date32}
    )
    SELECT product_id, currency, sum(ever_in) AS carts, sum(left_in) AS left, sum(bought_in) AS bought, sum(amount) AS value_left,
      argMaxIf(seen_name, (seen_at, seen_cart), seen_name != '') AS name
    FROM (
      SELECT product_id, '' AS currency, 1 AS ever_in, 0 AS left_in, 0 AS bought_in, toInt128(0) AS amount,
        product_name AS seen_name, opened_at AS seen_at, cart_key AS seen_cart
      FROM period ARRAY JOIN ever AS product_id, names AS product_name
      UNION ALL
      SELECT product_id, '', 0, 1, 0, toInt128(0), '', opened_at, '' FROM period ARRAY JOIN arrayDistinct(line_products) AS product_id WHERE is_left
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
