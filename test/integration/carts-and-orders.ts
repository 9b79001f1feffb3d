/** Every cart and every order of a store, as they stand in the product's views. */
import { bigInteger, defineQuery, integer } from '@cartledger/clickhouse';
import { z } from 'zod';

const none = z.string().transform((text) => (text === '' ? null : text));

/** All carts at T, as the reference prints them. */
export const cartsQuery = defineQuery({
  name: 'test.carts',
  sql: `
    SELECT cart_key, toUnixTimestamp64Milli(opened_at) AS opened_at, state, furthest, unmatched_removes, order_id,
      value.currency AS currencies, value.amount AS amounts
    FROM carts_at(as_of = {as_of:Int64}) WHERE store_id = {store_id:String} ORDER BY cart_key`,
  params: z.object({ store_id: z.string(), as_of: z.number() }),
  row: z
    .object({
      cart_key: z.string(),
      opened_at: integer,
      state: z.string(),
      furthest: z.string(),
      unmatched_removes: integer,
      order_id: none,
      currencies: z.array(z.string()),
      amounts: z.array(bigInteger),
    })
    .transform(({ currencies, amounts, ...cart }) => ({
      ...cart,
      value: Object.fromEntries(currencies.map((currency, k) => [currency, amounts[k]])),
    })),
});

/** All orders but tests. */
export const ordersQuery = defineQuery({
  name: 'test.orders',
  sql: `
    SELECT order_id, toUnixTimestamp64Milli(ordered_at) AS ordered_at, cart_key, without_cart_reason,
      amount_total AS order_total, currency
    FROM orders WHERE store_id = {store_id:String} AND NOT test ORDER BY order_id`,
  params: z.object({ store_id: z.string() }),
  row: z.object({
    order_id: z.string(),
    ordered_at: integer,
    cart_key: none,
    without_cart_reason: none,
    order_total: bigInteger,
    currency: z.string(),
  }),
});
