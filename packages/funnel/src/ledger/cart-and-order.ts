/** Carts and orders point at each other: what an order joined, what closed a cart. */
import type { WithoutCartReason } from '../definition.ts';
import type { Entry, Session } from './history.ts';

export type OrderAmounts = {
  items: bigint;
  discount: bigint;
  taxAdded: bigint;
  shipping: bigint;
  unexplained: bigint;
  total: bigint;
};

export type Order = {
  order_id: string;
  ordered_at: number;
  /** Best first; the first gives amounts, currency, items and channel. */
  deliveries: readonly Entry[];
  winner: Entry;
  test: boolean;
  /** A delivery is a browser's or carries a session_id. */
  placedByVisitor: boolean;
  /** An order that its visitor did not place takes those of the cart's last event when it joins one. */
  visitor_id: string;
  session: Session;
  channel: string;
  currency: string;
  amounts: OrderAmounts;
  cart: Cart | null;
  withoutCartReason: '' | WithoutCartReason;
};

export type Cart = {
  /** The cart_id and which of its carts; null for a visitor's own. */
  id: { cart_id: string; n: number } | null;
  opening: Entry;
  /** The cart's events; in order only after the pass. */
  entries: Entry[];
  last: Entry;
  /** Products that its cart events name. */
  products: Set<string>;
  order: Order | null;
};
