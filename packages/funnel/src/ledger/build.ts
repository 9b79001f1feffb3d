import type { Cart } from './cart-and-order.ts';
import { liveCart } from './cart-life.ts';
import { cartRow } from './cart-row.ts';
import { collectJourneys } from './journey-rows.ts';
import { orderNode } from './node.ts';
import { cyclesOf, orderRow } from './order-rows.ts';
import { type LedgerInput, passHistory } from './pass.ts';
import { collectRefunds } from './refunds.ts';
import type { CartLine, LedgerRow } from './rows.ts';

/**
 * The ledger of whole components of one store: journeys, carts, orders and refunds (definitions.md 1 to 6). A function
 * of the set of events alone: neither their order nor what other components are in the same call matters.
 */
export const buildLedger = (input: LedgerInput): LedgerRow[] => {
  const { definition, versions = [{ definition }], days } = input;
  const { dayOf } = days;
  const { tie_tolerance_ms } = definition;
  const passed = passHistory(input);
  const { history, orders, carts, excluded, inForce, versionOf } = passed;
  const rows: LedgerRow[] = [];

  const linesOf = new Map<Cart, readonly CartLine[]>();
  for (const cart of carts) {
    const { day, definition: version } = versionOf(cart);
    const life = liveCart(cart, { abandon_ms: version.abandon_ms, tie_tolerance_ms });
    const row = cartRow(cart, life, version, day, excluded.has(cart));
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
  for (const journey of collectJourneys(passed, days, rules)) rows.push(journey);
  return rows;
};
