/**
 * Ledger rows: one a unit, made from all events of a closed component (every visitor, cart id and order id that
 * hang together) and holding the times at which things happened, so that a row's meaning at any T is a function
 * of the row and time passing rewrites nothing. `node` names the place in the identity graph the row belongs to
 * (see node.ts): a component's old rows are found by its nodes when they have to vanish.
 */
import type { Breakdown, Point, WithoutCartReason } from '../definition.ts';
import type { NodeName } from './node.ts';

/** One funnel, one unit, one local day on which the unit had a start or any stage's event. */
export type JourneyRow = {
  kind: 'journey';
  node: NodeName;
  /** visitor_id; for a session or a cart its identity as a JSON list, because printed keys may coincide. */
  unit_id: string;
  /** The visitor; of a cart the one who opened it. */
  visitor_id: string;
  funnel: string;
  day: string;
  /** Stages counted, bit k for stage k: ordered, strict and any fill from bit 0 up; open may have holes. 0: no start that day. */
  hit: number;
  /** Units with that stage's event on the day, chain or not, bit k for stage k. */
  any: number;
  /** When the chain starts (ms UTC), 0 without a start. */
  started_at: number;
  /** ordered and strict: ms from stage k to stage k + 1, for each stage reached after the first. Else empty. */
  ms_to_next: number[];
  /** The version whose stages and funnel made the row: the one in force on `day`. */
  definition_version: number;
  /**
   * A period counts a unit once, at its furthest row (ties: the earliest day). So that every row knows by itself
   * whether it is that one: it is when hit > 0, `day` is in the period, `counted_after` before it and
   * `counted_before` behind it. The latest earlier day on which the unit's row reaches at least as far (highest bit
   * of hit); NEVER_BEFORE when there is none. Rows without a start have NEVER_BEFORE and NEVER_AFTER.
   */
  counted_after: string;
  /** The next later day on which the unit's row reaches further; NEVER_AFTER when there is none. */
  counted_before: string;
  /** For each set bit of `any`, lowest first: the latest earlier day whose row has that bit too; NEVER_BEFORE when none. */
  any_after: string[];
  /** Breakdown values at the chain's start, only those that are known, in order of (name, value) and each once. */
  dimensions: { name: Breakdown; value: string }[];
  /** The unit is a bot's: in no report while the definition says so. */
  excluded: boolean;
};

/** Days before and after all days of reports. */
export const NEVER_BEFORE = '1900-01-01';
export const NEVER_AFTER = '2299-12-31';

export type MoneyLine = { currency: string; amount: bigint };

export type CartLine = {
  product_id: string;
  variant_id: string;
  name: string;
  quantity: number;
  /** null: never stated. */
  unit_price: number | null;
  currency: string;
};

/** One cart of all history. Thresholds of the definition are already applied to what cannot change any more. */
export type CartRow = {
  kind: 'cart';
  node: NodeName;
  /** Its identity as a JSON list: the printed keys of two carts may coincide. */
  unit_id: string;
  /** Printed key: `cart_id`, `cart_id#n` or `~visitor_id:event_id`. */
  cart_key: string;
  cart_id: string;
  visitor_id: string;
  opened_at: number;
  day: string;
  last_activity_at: number;
  holds_items: boolean;
  /** '' while not ordered. */
  order_id: string;
  ordered_at: number;
  /** Of an ordered cart. */
  outcome: '' | 'purchased' | 'recovered' | 'recovered_late';
  /** 0 when never yet (an abandonment that only time has brought is seen from last_activity_at). */
  first_abandoned_at: number;
  revived: number;
  furthest: Point;
  /** furthest when the cart was last abandoned; '' when never. */
  abandoned_point: '' | Point;
  has_checkout: boolean;
  reason: string;
  /** The counted lines. */
  lines: CartLine[];
  /** Sum over the counted lines, by currency. */
  value: MoneyLine[];
  peak_value: MoneyLine[];
  unpriced: boolean;
  /** Items of removes that matched nothing in the contents. */
  unmatched_removes: number;
  /** Ever in the contents; with the last name seen. */
  products: { product_id: string; name: string }[];
  /** Of an ordered cart: product ids bought (definitions.md 4). */
  bought: string[];
  /** The customer_id is known: value left is contactable. */
  contactable: boolean;
  last_page: string;
  last_product: string;
  /** Joined by a test order: in no report. */
  test: boolean;
  /** All its visitors are bots: in no report while the definition says so. */
  excluded: boolean;
  /** When it was last abandoned, as events and the order show it; 0 when never yet. */
  last_abandoned_at: number;
  /** Of the version in force on `day`. */
  definition_version: number;
  idle_ms: number;
  abandon_ms: number;
  recovery_ms: number;
};

/** One order of all history, tests included (flagged). */
export type OrderRow = {
  kind: 'order';
  node: NodeName;
  order_id: string;
  ordered_at: number;
  day: string;
  visitor_id: string;
  session_key: string;
  /** The unit_id of its session's journeys. */
  session_unit: string;
  /** '' when no delivery states one. */
  customer_id: string;
  channel: string;
  currency: string;
  test: boolean;
  /** Printed key of the joined cart; '' without cart. */
  cart_key: string;
  without_cart_reason: '' | WithoutCartReason;
  items: bigint;
  discount: bigint;
  tax_added: bigint;
  shipping: bigint;
  unexplained: bigint;
  total: bigint;
  /** The lines of the bridge above gross_sales that this order moves, by (line, currency). */
  bridge: { line: string; currency: string; amount: bigint }[];
  /** The visitor's first event after his previous order; 0 when there is none. */
  cycle_started_at: number;
  /** No earlier order of the visitor; an earlier one of the customer_id may hang elsewhere, which readers look up. */
  new_buyer: boolean;
  conflicts: number;
};

export type RefundRow = {
  kind: 'refund';
  node: NodeName;
  order_id: string;
  refund_id: string;
  refunded_at: number;
  day: string;
  currency: string;
  total: bigint;
  items: bigint;
  refund_kind: 'refund' | 'cancelled' | 'chargeback';
  flag: '' | 'unknown_order' | 'other_currency' | 'more_than_order';
  test: boolean;
};

export type LedgerRow = JourneyRow | CartRow | OrderRow | RefundRow;
