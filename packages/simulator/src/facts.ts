/** What has happened in a store by the shoppers' own account, from which the reports' truth is added up. */
import type { Point, WithoutCartReason } from '@cartledger/funnel';

type TracedUnit = 'visitor' | 'session';

/** A visit and what followed it: when each stage was reached in turn, from the first on. */
export type ChainFact = { unit: TracedUnit; unitId: string; day: string; times: number[] };

/** A stage's event of a unit on a day. A session's lie on the session's own. */
type StageFact = { unit: TracedUnit; unitId: string; day: string; stage: number };

export type CartLine = { product_id: string; variant_id: string; name: string; quantity: number; unit_price: number };

export type CartFact = {
  openedAt: number;
  day: string;
  currency: string;
  lines: ReadonlyMap<string, CartLine>;
  /** What it held before it was emptied last; empty while it never was. */
  before: ReadonlyMap<string, CartLine>;
  /** Ever in it, with names. */
  products: ReadonlyMap<string, string>;
  lastActivityAt: number;
  furthest: Point;
  hasCheckout: boolean;
  reason: string;
  revived: boolean;
  /** When and where its shopper last left it for longer than the threshold; null while it never came to that. */
  abandoned: { at: number; point: Point } | null;
  order: OrderFact | null;
};

/** An order, tests left out. */
export type OrderFact = {
  orderedAt: number;
  day: string;
  currency: string;
  cart: CartFact | null;
  withoutCart: WithoutCartReason | null;
  /** Product ids of its lines; null for an order that lists none. */
  products: ReadonlySet<string> | null;
  items: number;
  discount: number;
  taxAdded: number;
  shipping: number;
  unexplained: number;
  total: number;
  /** How its lines differ from its cart's; zeros without a cart. */
  change: { added: number; dropped: number; repriced: number; unexplainedItems: number };
};

export type RefundFact = { day: string; currency: string; total: number; items: number };

export type Facts = {
  chains: ChainFact[];
  stages: StageFact[];
  carts: CartFact[];
  /** Closed by test orders, hence in no report. */
  testCarts: Set<CartFact>;
  orders: OrderFact[];
  refunds: RefundFact[];
  lastEventAt: number;
};

export const createFacts = (): Facts => ({
  chains: [],
  stages: [],
  carts: [],
  testCarts: new Set(),
  orders: [],
  refunds: [],
  lastEventAt: 0,
});
