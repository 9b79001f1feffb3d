/** What the figures over orders and refunds sum, said once: reports sum by these, explanations list by these. */
import { z } from 'zod';

export const periodParams = z.object({ store_id: z.string(), from: z.string(), to: z.string() });

/** Orders or refunds dated in the period, without tests. */
export const DATED_IN_PERIOD =
  'store_id = {store_id:String} AND day BETWEEN {from:Date32} AND {to:Date32} AND NOT test';
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
