import { defineQuery } from '@cartledger/clickhouse';
import { POINTS } from '@cartledger/funnel';
import { z } from 'zod';
import { cartParams } from './cart-queries.ts';

const count = z.coerce.number();
const amount = z.coerce.bigint();

const periodParams = z.object({ store_id: z.string(), from: z.string(), to: z.string() });

/** Carts opened in the period with a value in the currency, by how far they came and where they stand at T. */
export const cartValues = defineQuery({
  name: 'cart_values',
  sql: `
    SELECT currency, furthest, abandoned_point,
      multiIf(state IN ('abandoned', 'lost'), 'left', state IN ('active', 'idle'), 'standing', state IN ('purchased', 'recovered'), 'bought', 'emptied') AS standing,
      outcome IN ('recovered', 'recovered_late') AS was_recovered,
      count() AS carts, sum(amount) AS total
    FROM carts_at(as_of = {as_of:Int64}, idle_ms = {idle_ms:Int64}, abandon_ms = {abandon_ms:Int64}, recovery_ms = {recovery_ms:Int64})
    ARRAY JOIN value.currency AS currency, value.amount AS amount
    WHERE store_id = {store_id:String} AND day BETWEEN {from:Date32} AND {to:Date32}
    GROUP BY currency, furthest, abandoned_point, standing, was_recovered`,
  params: cartParams,
  row: z.object({
    currency: z.string(),
    furthest: z.enum(POINTS),
    abandoned_point: z.enum(['', ...POINTS]),
    standing: z.enum(['left', 'standing', 'bought', 'emptied']),
    was_recovered: z.coerce.boolean(),
    carts: count,
    total: amount,
  }),
});

export const orderTotals = defineQuery({
  name: 'order_totals',
  sql: `
    SELECT currency, count() AS orders, countIf(cart_key = '') AS without_cart,
      sum(amount_items) AS items, sum(amount_discount) AS discount, sum(amount_tax_added) AS tax_added,
      sum(amount_shipping) AS shipping, sum(amount_unexplained) AS unexplained, sum(amount_total) AS total
    FROM orders
    WHERE store_id = {store_id:String} AND day BETWEEN {from:Date32} AND {to:Date32} AND NOT test
    GROUP BY currency`,
  params: periodParams,
  row: z.object({
    currency: z.string(),
    orders: count,
    without_cart: count,
    items: amount,
    discount: amount,
    tax_added: amount,
    shipping: amount,
    unexplained: amount,
    total: amount,
  }),
});

/** The lines above gross_sales that the period's orders move; in the cart's currency where that differs. */
export const bridgeLines = defineQuery({
  name: 'bridge_lines',
  sql: `
    SELECT line, line_currency AS currency, sum(line_amount) AS amount
    FROM orders
    ARRAY JOIN bridge.line AS line, bridge.currency AS line_currency, bridge.amount AS line_amount
    WHERE store_id = {store_id:String} AND day BETWEEN {from:Date32} AND {to:Date32} AND NOT test
    GROUP BY line, line_currency`,
  params: periodParams,
  row: z.object({ line: z.string(), currency: z.string(), amount }),
});

export const refundTotals = defineQuery({
  name: 'refund_totals',
  sql: `
    SELECT currency, sum(amount_total) AS total, sum(amount_items) AS items
    FROM refunds
    WHERE store_id = {store_id:String} AND day BETWEEN {from:Date32} AND {to:Date32} AND NOT test
    GROUP BY currency`,
  params: periodParams,
  row: z.object({ currency: z.string(), total: amount, items: amount }),
});
