import { bridgeOf } from './bridge.ts';
import type { Cart, Order } from './cart-and-order.ts';
import { printedCartKey } from './cart-row.ts';
import type { Entry, Visitor } from './history.ts';
import { orderNode } from './node.ts';
import { countConflicts } from './orders.ts';
import type { CartLine, OrderRow } from './rows.ts';

type Cycle = Pick<OrderRow, 'cycle_started_at' | 'new_buyer'>;

/**
 * The sales cycle of each of a visitor's orders: it starts at the first event that stands after the previous order
 * (definitions.md 3 says where an order stands). Test orders begin and end none.
 */
export const cyclesOf = (visitor: Visitor, orders: readonly Order[], tie_tolerance_ms: number): Map<Order, Cycle> => {
  const cycles = new Map<Order, Cycle>();
  const events = visitor.entries.filter(({ event }) => event.type !== 'purchase' && event.type !== 'refund');
  let next = 0;
  let bought = false;
  for (const order of orders) {
    const standsAt = order.ordered_at + tie_tolerance_ms;
    const first: Entry | undefined = events[next];
    const known = first && first.time <= standsAt;
    cycles.set(order, { cycle_started_at: known ? first.time : 0, new_buyer: !bought });
    if (order.test) continue;
    bought = true;
    while ((events[next]?.time ?? Number.POSITIVE_INFINITY) <= standsAt) next++;
  }
  return cycles;
};

const customerOf = ({ deliveries }: Order): string =>
  deliveries.find(({ event }) => event.customer_id !== undefined)?.event.customer_id ?? '';

export const orderRow = (
  order: Order,
  { cycle_started_at = 0, new_buyer = true }: Partial<Cycle>,
  linesOf: (cart: Cart) => readonly CartLine[],
  dayOf: (ms: number) => string,
): OrderRow => ({
  kind: 'order',
  node: orderNode(order.order_id),
  order_id: order.order_id,
  ordered_at: order.ordered_at,
  day: dayOf(order.ordered_at),
  visitor_id: order.visitor_id,
  session_key: order.session.key,
  session_unit: order.session.unitId,
  customer_id: customerOf(order),
  channel: order.channel,
  currency: order.currency,
  test: order.test,
  cart_key: order.cart ? printedCartKey(order.cart) : '',
  without_cart_reason: order.withoutCartReason,
  items: order.amounts.items,
  discount: order.amounts.discount,
  tax_added: order.amounts.taxAdded,
  shipping: order.amounts.shipping,
  unexplained: order.amounts.unexplained,
  total: order.amounts.total,
  bridge: bridgeOf(order, order.cart ? linesOf(order.cart) : []),
  cycle_started_at,
  new_buyer,
  conflicts: countConflicts(order),
});
