/** What the figures over orders and refunds sum, said once: reports sum by these, explanations list by these. */
import type { RefundsOn } from '@cartledger/funnel';
import { z } from 'zod';

export const periodParams = z.object({ store_id: z.string(), from: z.string(), to: z.string() });

/** Orders or refunds dated in the period, without tests. */
export const DATED_IN_PERIOD =
  'store_id = {store_id:String} AND day BETWEEN {from:Date32} AND {to:Date32} AND NOT test';

/**
 * Refunds, `day` being the one they count on. By the order's: those of orders of the period, whenever they were made, and
 * on their own day those whose order is not known.
 */
export const REFUNDS: Readonly<Record<RefundsOn, string>> = {
  refund: 'refunds',
  order: `(
    SELECT * FROM refunds WHERE ${DATED_IN_PERIOD} AND flag = 'unknown_order'
    UNION ALL
    SELECT refunds.* REPLACE (ordered.day AS day)
    FROM refunds INNER JOIN (SELECT order_id, day FROM orders WHERE ${DATED_IN_PERIOD}) AS ordered ON refunds.order_id = ordered.order_id
    WHERE refunds.store_id = {store_id:String} AND NOT refunds.test
  )`,
};

export const WITHOUT_CART = "cart_key = ''";

/** An order's amounts, as the report names them. */
export const ORDER_AMOUNTS = {
  gross_sales: 'amount_items',
  discounts: 'amount_discount',
  tax: 'amount_tax_added',
  shipping: 'amount_shipping',
  unexplained: 'amount_unexplained',
  order_total: 'amount_total',
} as const;
export type OrderAmount = keyof typeof ORDER_AMOUNTS;

/** A refund's. */
export const REFUNDED = 'amount_total';
export const REFUNDED_ITEMS = 'amount_items';

export const IN_CURRENCY = 'currency = {currency:String}';
/** What an order moves on a line of the bridge above gross_sales; 0 for none: it moves each once in a currency. */
export const BRIDGE_IN =
  'arrayFirst((a, l, c) -> l = {line:String} AND c = {currency:String}, bridge.amount, bridge.line, bridge.currency)';
