import type { Definition, DefinitionVersion } from '../definition.ts';
import { excludeCarts, findBots } from './bots.ts';
import type { Calendar } from './calendar.ts';
import type { Cart } from './cart-and-order.ts';
import { liveCart } from './cart-life.ts';
import { cartRow, openedAt } from './cart-row.ts';
import { passCarts } from './carts.ts';
import { createHistory } from './history.ts';
import { collectJourneys } from './journey-rows.ts';
import type { KeptEvent } from './kept-event.ts';
import { orderNode } from './node.ts';
import { cyclesOf, orderRow } from './order-rows.ts';
import { collectOrders } from './orders.ts';
import { collectRefunds } from './refunds.ts';
import type { CartLine, LedgerRow } from './rows.ts';
import { createInForce } from './versions.ts';

export type LedgerInput = {
  /** All kept events, each once, of whole components: every visitor, cart id and order id that hang together. */
  events: readonly KeptEvent[];
  /** The newest version: what it says of the whole store holds for all history. */
  definition: Definition;
  /** All versions, the newest among them: each unit is under the one in force on the day of its beginning. Default: the one. */
  versions?: readonly DefinitionVersion[];
  /** The calendar of the definition's zone. */
  days: Calendar;
};

/**
 * The ledger of whole components of one store: journeys, carts, orders and refunds (numbers.md 1 to 6). A function
 * of the set of events alone: neither their order nor what other components are in the same call matters.
 */
export const buildLedger = ({
  events,
  definition,
  versions = [{ from: null, definition }],
  days,
}: LedgerInput): LedgerRow[] => {
  const { dayOf } = days;
  const { tie_tolerance_ms } = definition;
  const inForce = createInForce(versions);
  const rows: LedgerRow[] = [];
  const history = createHistory(events);
  const orders = collectOrders(history.entries);
  const carts = passCarts(history.entries, orders, definition);

  const bots = definition.bots.exclude ? findBots(history, orders, carts, definition.bots, dayOf) : new Map();
  const excluded = excludeCarts(carts, bots);

  const linesOf = new Map<Cart, readonly CartLine[]>();
  for (const cart of carts) {
    const day = dayOf(openedAt(cart));
    const thresholds = inForce(day);
    const life = liveCart(cart, { abandon_ms: thresholds.abandon_ms, tie_tolerance_ms });
    const row = cartRow(cart, life, thresholds, day, excluded.has(cart));
    rows.push(row);
    linesOf.set(cart, row.lines);
  }
  for (const [visitor_id, ofVisitor] of Map.groupBy(orders, (order) => order.visitor_id)) {
    const visitor = history.visitors.get(visitor_id);
    const cycles = visitor && cyclesOf(visitor, ofVisitor, tie_tolerance_ms);
    for (const order of ofVisitor)
      rows.push(orderRow(order, cycles?.get(order) ?? {}, (cart) => linesOf.get(cart) ?? [], dayOf));
  }
  for (const refund of collectRefunds(history.entries, new Map(orders.map((order) => [order.order_id, order]))))
    rows.push({ kind: 'refund', node: orderNode(refund.order_id), day: dayOf(refund.refunded_at), ...refund });
  const rules = { versions: [...new Set(versions.map((version) => version.definition))], inForce, tie_tolerance_ms };
  for (const journey of collectJourneys({ history, orders, carts, bots, excluded }, days, rules)) rows.push(journey);
  return rows;
};
