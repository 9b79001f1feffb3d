import type { Cart, Order } from './cart-and-order.ts';
import type { Entry } from './history.ts';
import type { JoinRule, PassTracer, Placed, StretchEnd } from './tracer.ts';

/** What the pass decided, event by event and order by order. */
export type Decisions = {
  placed: ReadonlyMap<Entry, Placed>;
  joined: ReadonlyMap<Order, JoinRule>;
  /** Orders without cart that an open cart shared no product with. */
  considered: ReadonlyMap<Order, Cart>;
  stretches: readonly StretchEnd[];
};

/** A tracer that remembers, and what it remembered. */
export const recordDecisions = (): { trace: PassTracer; decisions: Decisions } => {
  const placed = new Map<Entry, Placed>();
  const joined = new Map<Order, JoinRule>();
  const considered = new Map<Order, Cart>();
  const stretches: StretchEnd[] = [];
  const trace: PassTracer = {
    placed: (entry, decision) => placed.set(entry, decision),
    merged: (own, into) => {
      for (const entry of own.entries) {
        const before = placed.get(entry);
        if (before) placed.set(entry, { ...before, rule: 'own_cart_merged', cart: into });
      }
    },
    joined: (order, rule) => joined.set(order, rule),
    notJoined: (order, cart) => {
      if (cart) considered.set(order, cart);
    },
    stretchEnded: (end) => stretches.push(end),
  };
  return { trace, decisions: { placed, joined, considered, stretches } };
};
