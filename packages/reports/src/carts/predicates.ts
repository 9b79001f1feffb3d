/** What the figures over carts count, said once: reports count by these, explanations list by these. */
import { z } from 'zod';

/** The period, and T. */
export const cartParams = z.object({ store_id: z.string(), from: z.string(), to: z.string(), as_of: z.number() });
export type CartParams = z.infer<typeof cartParams>;

/** Carts of all history with their state at T; without those of test orders and of bots. */
export const CARTS = 'carts_at(as_of = {as_of:Int64})';
export const OPENED_IN_PERIOD = 'store_id = {store_id:String} AND day BETWEEN {from:Date32} AND {to:Date32}';

/** The counts of the abandonment report. */
export const CART_FIGURES = {
  created: 'true',
  active: "state = 'active'",
  idle: "state = 'idle'",
  abandoned: "state = 'abandoned'",
  lost: "state = 'lost'",
  emptied: "state = 'emptied'",
  purchased: "state = 'purchased'",
  recovered: "state = 'recovered'",
  recovered_late: "outcome = 'recovered_late'",
  revived: 'revived > 0',
} as const;
export type CartFigure = keyof typeof CART_FIGURES;
export const CART_FIGURE_NAMES = Object.keys(CART_FIGURES) as CartFigure[];

/** Abandoned or lost at T: the carts that points, reasons, products left, last pages and contactable speak of. */
export const LEFT = "state IN ('abandoned', 'lost')";
export const STANDING = "state IN ('active', 'idle')";
export const EMPTIED = "state = 'emptied'";
export const BOUGHT = "state IN ('purchased', 'recovered')";
export const EVER_ABANDONED = "state IN ('abandoned', 'lost', 'recovered')";
export const RECOVERED = "state = 'recovered'";

/** A cart's product ids: ever in the contents, among the counted lines, bought. */
export const PRODUCTS_EVER = 'products.product_id';
export const PRODUCTS_COUNTED = 'arrayDistinct(lines.product_id)';
export const PRODUCTS_BOUGHT = 'arrayDistinct(bought)';

/** When it was first abandoned, seen at T: by an event, or by time alone. */
export const FIRST_ABANDONED_MS =
  'if(toUnixTimestamp64Milli(first_abandoned_at) = 0, toUnixTimestamp64Milli(last_activity_at) + abandon_ms, toUnixTimestamp64Milli(first_abandoned_at))';

/**
 * The state at T of a cart or of the carts of a cell of `cart_days`, by their columns: the rule of the view carts_at. A
 * cell that keeps no last activity was lost already when it was made.
 */
export const STATE = `multiIf(
  outcome = 'purchased', 'purchased',
  outcome != '', 'recovered',
  NOT holds_items, 'emptied',
  {as_of:Int64} - toUnixTimestamp64Milli(last_activity_at) < idle_ms, 'active',
  {as_of:Int64} - toUnixTimestamp64Milli(last_activity_at) < abandon_ms, 'idle',
  {as_of:Int64} - toUnixTimestamp64Milli(last_activity_at) < abandon_ms + recovery_ms, 'abandoned',
  'lost')`;
