/** A visitor's time is cut into stretches; within one, his events without a cart id find their cart (definitions.md 3). */
import { DAY_MS } from '../definition.ts';
import type { KeptEvent } from './kept.ts';
import type { Order } from './orders.ts';

/** A cart as the pass makes it: its own events and the order that closed it. */
export type Cart = {
  key: string;
  events: KeptEvent[];
  order: Order | null;
  /** The id's cart that this own cart became part of: then it is no cart any more. */
  partOf: Cart | null;
};

export const newCart = (key: string, events: KeptEvent[]): Cart => ({ key, events, order: null, partOf: null });

/** An order and its place in the pass. */
export type PlacedOrder = { order: Order; place: number };

/** All that the pass knows of one known cart id. */
export type KnownId = {
  id: string;
  /** The id's carts, of which only the last can be open. */
  carts: Cart[];
  /** The visitors who carry it in their present stretch. */
  carriers: Set<Visitor>;
  closedBy: PlacedOrder | null;
  /** Place of the last add with items that carries the id. */
  lastAdd: number;
};

/** A visitor in the pass: his present stretch, and what residue looks back on. */
export type Visitor = {
  visitor_id: string;
  /** The ids carried in the present stretch, last carried last. */
  carried: KnownId[];
  /** The present stretch's own cart, once opened. */
  own: Cart | null;
  /** The order that ended the previous stretch, if an order did. */
  previousEndedBy: Order | null;
  /** Time of his last cart event or event with a known id. */
  lastAt: number | null;
  lastOrder: PlacedOrder | null;
  lastEnding: PlacedOrder | null;
  /** Place of his last add with items. */
  lastAdd: number;
};

const CUT_MS = 30 * DAY_MS;

export const newVisitor = (visitorId: string): Visitor => ({
  visitor_id: visitorId,
  carried: [],
  own: null,
  previousEndedBy: null,
  lastAt: null,
  lastOrder: null,
  lastEnding: null,
  lastAdd: -1,
});

export const newKnownId = (id: string): KnownId => ({
  id,
  carts: [],
  carriers: new Set(),
  closedBy: null,
  lastAdd: -1,
});

export const openCartOf = (known: KnownId): Cart | null => {
  const last = known.carts.at(-1);
  return last === undefined || last.order !== null ? null : last;
};

/** Opens the id's next cart: `id`, then `id#2` and so on. */
export const openNextCart = (known: KnownId, events: KeptEvent[]): Cart => {
  const n = known.carts.length + 1;
  const cart = newCart(n === 1 ? known.id : `${known.id}#${n}`, events);
  known.carts.push(cart);
  return cart;
};

/** The first carrying in a stretch makes the stretch's own cart part of the id's. */
export const carry = (visitor: Visitor, known: KnownId): void => {
  if (!visitor.carried.includes(known) && visitor.own !== null) {
    const cart = openCartOf(known) ?? openNextCart(known, []);
    cart.events = [...cart.events, ...visitor.own.events];
    visitor.own.partOf = cart;
    visitor.own = null;
  }
  visitor.carried = [...visitor.carried.filter((other) => other !== known), known];
  known.carriers.add(visitor);
};

/** Cuts the stretch just before something that comes 30 days or more after the visitor's last cart event or known id. */
export const cutIfLongAgo = (visitor: Visitor, at: number): void => {
  if (visitor.lastAt === null || at - visitor.lastAt < CUT_MS) return;
  beginStretch(visitor, []);
  visitor.previousEndedBy = null;
};

/** Ends the stretch by an order that joined; the last id whose cart is open lives on. */
export const endStretch = (visitor: Visitor, ending: PlacedOrder): void => {
  const survivor = visitor.carried.findLast((known) => openCartOf(known) !== null);
  beginStretch(visitor, survivor === undefined ? [] : [survivor]);
  visitor.previousEndedBy = ending.order;
  visitor.lastEnding = ending;
};

const beginStretch = (visitor: Visitor, carried: KnownId[]): void => {
  for (const known of visitor.carried) known.carriers.delete(visitor);
  for (const known of carried) known.carriers.add(visitor);
  visitor.carried = carried;
  visitor.own = null;
};
