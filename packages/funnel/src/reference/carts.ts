/**
 * The one pass over events and orders that makes carts (definitions.md 3), in its order and words. Each step is told
 * the place where it stands, so that `since` means after in the pass.
 */
import type { WithoutCartReason } from '../definition.ts';
import { DAY_MS } from '../definition.ts';
import { hasItems, isAddWithItems, isCartEvent, isSnapshot, type KeptEvent } from './kept.ts';
import { compareEvents, compareText } from './ordering.ts';
import type { Order } from './orders.ts';
import { isResidue } from './residue.ts';
import type { Session } from './sessions.ts';
import {
  type Cart,
  carry,
  cutIfLongAgo,
  endStretch,
  type KnownId,
  newCart,
  newKnownId,
  newVisitor,
  openCartOf,
  openNextCart,
  type Visitor,
} from './stretches.ts';

/** An order after the pass: whose it is, and the cart it joined or why it has none. */
export type PassedOrder = { order: Order; visitor_id: string; session: Session } & (
  | { cart: Cart; reason: null }
  | { cart: null; reason: WithoutCartReason }
);

const BOUGHT_BEFORE_MS = DAY_MS;

/** Carts with their events in order, and every order; `events` are in order. */
export const makeCarts = (
  events: readonly KeptEvent[],
  orders: readonly Order[],
  sessions: Map<KeptEvent, Session>,
  tieToleranceMs: number,
): { carts: Cart[]; orders: PassedOrder[] } => {
  const visitors = new Map<string, Visitor>();
  const knownIds = new Map<string, KnownId>();
  const ownCarts: Cart[] = [];
  const passed: PassedOrder[] = [];

  const visitorOf = (visitorId: string): Visitor => {
    const visitor = visitors.get(visitorId) ?? newVisitor(visitorId);
    visitors.set(visitorId, visitor);
    return visitor;
  };

  const makeKnown = (id: string): KnownId => {
    const known = knownIds.get(id) ?? newKnownId(id);
    knownIds.set(id, known);
    return known;
  };

  const passEvent = (e: KeptEvent, place: number): void => {
    const visitor = visitorOf(e.visitor_id);
    if (isCartEvent(e)) {
      cutIfLongAgo(visitor, e.time);
      visitor.lastAt = e.time;
    }
    const knownBefore = e.cart_id === undefined ? undefined : knownIds.get(e.cart_id);
    if (isResidue(e, visitor, knownBefore)) return;

    const known = e.cart_id !== undefined && makesKnown(e) ? makeKnown(e.cart_id) : knownBefore;
    if (known !== undefined) {
      carry(visitor, known);
      visitor.lastAt = e.time;
    }
    addToCart(e, visitor, known);
    if (isAddWithItems(e)) {
      visitor.lastAdd = place;
      if (known !== undefined) known.lastAdd = place;
    }
  };

  const addToCart = (e: KeptEvent, visitor: Visitor, known: KnownId | undefined): void => {
    if (known === undefined && e.type.startsWith('custom:')) return;
    const key = known ?? visitor.carried.at(-1);
    const open = key === undefined ? visitor.own : openCartOf(key);
    if (open !== null) {
      open.events.push(e);
    } else if (opensCart(e)) {
      if (key !== undefined) {
        openNextCart(key, [e]);
      } else {
        visitor.own = newCart(`~${e.visitor_id}:${e.event_id}`, [e]);
        ownCarts.push(visitor.own);
      }
    }
  };

  const passOrder = (order: Order, place: number): void => {
    const visitor = visitorOf(order.visitor_id);
    const known = knownIdOf(order, knownIds);
    if (known === undefined) cutIfLongAgo(visitor, order.ordered_at);
    else if (order.placedByVisitor) carry(visitor, known);

    const key = known ?? visitor.carried.at(-1);
    const open = key === undefined ? visitor.own : openCartOf(key);
    if (open === null || (known === undefined && !hasCommonProduct(order, open))) {
      const reason = reasonWithoutCart(order, visitor, known, open);
      passed.push({ order, cart: null, reason, visitor_id: order.visitor_id, session: order.session });
      visitor.lastOrder = { order, place };
      return;
    }

    open.order = order;
    const last = lastEventOf(open);
    const session = order.placedByVisitor ? order.session : (sessions.get(last) ?? order.session);
    const visitorId = order.placedByVisitor ? order.visitor_id : last.visitor_id;
    passed.push({ order, cart: open, reason: null, visitor_id: visitorId, session });
    if (key !== undefined) key.closedBy = { order, place };
    // A cart is its visitor's own, or an id's: then the stretches of all who carry the id end.
    for (const ended of key === undefined ? [visitor] : [...key.carriers]) endStretch(ended, { order, place });
    visitorOf(visitorId).lastOrder = { order, place };
  };

  inOrder(events, orders, tieToleranceMs).forEach((step, place) => {
    if ('order' in step) passOrder(step.order, place);
    else passEvent(step.event, place);
  });

  const carts = [...ownCarts, ...[...knownIds.values()].flatMap((known) => known.carts)].filter(
    (cart) => cart.partOf === null,
  );
  // What was merged stands behind what it came before.
  for (const cart of carts) cart.events.sort(compareEvents);
  return { carts, orders: passed };
};

type Step = { at: number; event: KeptEvent } | { at: number; order: Order };

/** Events but purchases and refunds, and orders at `ordered_at` + tolerance, after the events of that instant. */
const inOrder = (events: readonly KeptEvent[], orders: readonly Order[], tieToleranceMs: number): Step[] => {
  const eventSteps = events
    .filter((event) => event.type !== 'purchase' && event.type !== 'refund')
    .map((event) => ({ at: event.time, event }));
  const orderSteps = orders
    .toSorted((a, b) => a.ordered_at - b.ordered_at || compareText(a.order_id, b.order_id))
    .map((order) => ({ at: order.ordered_at + tieToleranceMs, order }));
  // Sorting is stable: at one instant events stay before orders, and each among themselves in order.
  return [...eventSteps, ...orderSteps].sort((a, b) => a.at - b.at);
};

const makesKnown = (e: KeptEvent): boolean =>
  e.type === 'add_to_cart' || e.type === 'remove_from_cart' || e.type === 'cart_view';

const opensCart = (e: KeptEvent): boolean => isAddWithItems(e) || (isSnapshot(e) && hasItems(e));

const knownIdOf = (order: Order, knownIds: Map<string, KnownId>): KnownId | undefined => {
  for (const delivery of order.deliveries) {
    const known = delivery.cart_id === undefined ? undefined : knownIds.get(delivery.cart_id);
    if (known !== undefined) return known;
  }
  return undefined;
};

const hasCommonProduct = (order: Order, cart: Cart): boolean => {
  if (order.lines.length === 0) return true;
  const products = new Set(order.lines.map((line) => line.product_id));
  return cart.events.some((e) => isCartEvent(e) && (e.items ?? []).some((item) => products.has(item.product_id)));
};

const reasonWithoutCart = (
  order: Order,
  visitor: Visitor,
  known: KnownId | undefined,
  open: Cart | null,
): WithoutCartReason => {
  if (order.channel !== 'web') return 'other_channel';
  if (open !== null) return 'no_common_product';
  if (known !== undefined) return known.carts.length > 0 ? 'cart_already_bought' : 'no_add_seen';
  const before = visitor.previousEndedBy;
  const boughtJustBefore = before !== null && order.ordered_at - before.ordered_at <= BOUGHT_BEFORE_MS;
  return boughtJustBefore ? 'cart_already_bought' : 'no_add_seen';
};

const lastEventOf = (cart: Cart): KeptEvent => cart.events.reduce((last, e) => (compareEvents(e, last) > 0 ? e : last));
