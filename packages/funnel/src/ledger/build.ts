import type { Definition } from '../definition.ts';
import type { Calendar } from './calendar.ts';
import type { Cart } from './cart-and-order.ts';
import { liveCart } from './cart-life.ts';
import { cartRow } from './cart-row.ts';
import { passCarts } from './carts.ts';
import { createHistory } from './history.ts';
import type { KeptEvent } from './kept-event.ts';
import { orderNode } from './node.ts';
import { cyclesOf, orderRow } from './order-rows.ts';
import { collectOrders } from './orders.ts';
import { collectRefunds } from './refunds.ts';
import type { CartLine, LedgerRow } from './rows.ts';
import { collectJourneys } from './units.ts';

export type LedgerInput = {
  /** All kept events, each once, of whole components: every visitor, cart id and order id that hang together. */
  events: readonly KeptEvent[];
  definition: Definition;
  /** The calendar of the definition's zone. */
  days: Calendar;
};

/**
 * The ledger of whole components of one store: journeys, carts, orders and refunds (numbers.md 1 to 6). A function
 * of the set of events alone: neither their order nor what other components are in the same call matters.
 */
export const buildLedger = ({ events, definition, days }: LedgerInput): LedgerRow[] => {
  const { dayOf } = days;
  const rows: LedgerRow[] = [];
  const history = createHistory(events);
  const orders = collectOrders(history.entries);
  const carts = passCarts(history.entries, orders, definition);

  const linesOf = new Map<Cart, readonly CartLine[]>();
  for (const cart of carts) {
    const row = cartRow(cart, liveCart(cart, definition), definition, dayOf);
    if (!row) continue;
    rows.push(row);
    linesOf.set(cart, row.lines);
  }
  for (const [visitor_id, ofVisitor] of Map.groupBy(orders, (order) => order.visitor_id)) {
    const visitor = history.visitors.get(visitor_id);
    const cycles = visitor && cyclesOf(visitor, ofVisitor, definition.tie_tolerance_ms);
    for (const order of ofVisitor)
      rows.push(orderRow(order, cycles?.get(order) ?? {}, (cart) => linesOf.get(cart) ?? [], dayOf));
  }
  for (const refund of collectRefunds(history.entries, new Map(orders.map((order) => [order.order_id, order]))))
    rows.push({ kind: 'refund', node: orderNode(refund.order_id), day: dayOf(refund.refunded_at), ...refund });
  for (const journey of collectJourneys(history, orders, carts, definition, days)) rows.push(journey);
  return rows;
};
