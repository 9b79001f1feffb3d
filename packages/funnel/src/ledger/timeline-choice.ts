import type { Timeline } from '../reports/index.ts';
import type { Cart, Order } from './cart-and-order.ts';
import { printedCartKey } from './cart-row.ts';
import type { Entry } from './history.ts';
import type { PassedHistory } from './pass.ts';
import type { Decisions } from './timeline-trace.ts';
import type { StretchEnd } from './tracer.ts';

/** What a timeline tells of. */
export type Chosen = {
  entries: ReadonlySet<Entry>;
  orders: ReadonlySet<Order>;
  carts: ReadonlySet<Cart>;
  stretches: readonly StretchEnd[];
  /** Of these orders and their refunds, known or not. */
  orderIds: ReadonlySet<string>;
};

const isPurchaseOrRefund = ({ event: { type } }: Entry): boolean => type === 'purchase' || type === 'refund';

const orderIdsOf = (orders: Iterable<Order>, entries: Iterable<Entry>): Set<string> => {
  const ids = new Set([...orders].map((order) => order.order_id));
  for (const entry of entries)
    if (isPurchaseOrRefund(entry) && entry.event.order_id !== undefined) ids.add(entry.event.order_id);
  return ids;
};

/** All of a visitor's events, the carts they belong to, and the orders that are his, that he told of or that closed those carts. */
const ofVisitor = (visitor_id: string, { history, orders }: PassedHistory, decisions: Decisions): Chosen => {
  const entries = new Set(history.visitors.get(visitor_id)?.entries);
  const carts = new Set<Cart>();
  for (const entry of entries) {
    const cart = decisions.placed.get(entry)?.cart;
    if (cart) carts.add(cart);
  }
  const chosen = new Set(
    orders.filter(
      (order) =>
        order.visitor_id === visitor_id ||
        order.deliveries.some((delivery) => delivery.event.visitor_id === visitor_id),
    ),
  );
  for (const { order } of carts) if (order) chosen.add(order);
  const stretches = decisions.stretches.filter((stretch) => stretch.visitor_id === visitor_id);
  return { entries, carts, orders: chosen, stretches, orderIds: orderIdsOf(chosen, entries) };
};

/** A cart's events, those that its id named before it opened or after it closed, its order, and orders that it was not fit for. */
const ofCart = (cart_key: string, { history, carts }: PassedHistory, decisions: Decisions): Chosen => {
  const mine = new Set(carts.filter((cart) => printedCartKey(cart) === cart_key));
  const entries = new Set([...mine].flatMap((cart) => cart.entries));
  const beside = new Set(
    [...mine].flatMap(({ id }) => (id ? [`${id.n - 1} ${id.cart_id}`, `${id.n} ${id.cart_id}`] : [])),
  );
  for (const [entry, { cart, key }] of decisions.placed)
    if (!cart && key && beside.has(`${key.carts} ${key.cart_id}`)) entries.add(entry);
  const orders = new Set([...mine].flatMap(({ order }) => (order ? [order] : [])));
  for (const [order, cart] of decisions.considered) if (mine.has(cart)) orders.add(order);
  const orderIds = orderIdsOf(orders, []);
  for (const entry of history.entries)
    if (isPurchaseOrRefund(entry) && orderIds.has(entry.event.order_id ?? '')) entries.add(entry);
  const stretches = decisions.stretches.filter(({ by }) => ('order_id' in by ? orders.has(by) : entries.has(by)));
  return { entries, carts: mine, orders, stretches, orderIds };
};

export const choose = (of: Timeline['of'], passed: PassedHistory, decisions: Decisions): Chosen =>
  'visitor_id' in of ? ofVisitor(of.visitor_id, passed, decisions) : ofCart(of.cart_key, passed, decisions);
