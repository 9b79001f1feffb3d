import type { Order, OrderAmounts } from './cart-and-order.ts';
import { compareByPrecedence, earliest, earliestOfNearest, sourceOf } from './deliveries.ts';
import type { Entry } from './history.ts';
import { pricedSum } from './money.ts';
import { compareUtf8 } from './order-of-events.ts';

const abs = (n: bigint): bigint => (n < 0n ? -n : n);

const amountsOf = ({ event: { items, amounts = {} } }: Entry): OrderAmounts => {
  const total = BigInt(amounts.total ?? 0);
  const discount = BigInt(amounts.discount ?? 0);
  const tax = BigInt(amounts.tax ?? 0);
  const shipping = BigInt(amounts.shipping ?? 0);
  const stated = pricedSum(items) ?? (amounts.items === undefined ? null : BigInt(amounts.items));
  if (stated === null)
    return { items: total + discount - tax - shipping, discount, taxAdded: tax, shipping, unexplained: 0n, total };
  const withoutTax = total - (stated - discount + shipping);
  const withTax = withoutTax - tax;
  return abs(withTax) < abs(withoutTax)
    ? { items: stated, discount, taxAdded: tax, shipping, unexplained: withTax, total }
    : { items: stated, discount, taxAdded: 0n, shipping, unexplained: withoutTax, total };
};

/** What deliveries of one order may disagree on. */
const statement = ({ event: { amounts, currency, items, channel } }: Entry): string =>
  JSON.stringify([
    [amounts?.items, amounts?.discount, amounts?.tax, amounts?.shipping, amounts?.total],
    currency,
    (items ?? []).map((item) => [item.product_id, item.variant_id, item.quantity, item.unit_price]),
    channel ?? 'web',
  ]);

/** Deliveries that differ from the winner. */
export const countConflicts = ({ deliveries, winner }: Order): number => {
  if (deliveries.length === 1) return 0;
  const stated = statement(winner);
  return deliveries.filter((delivery) => statement(delivery) !== stated).length;
};

const orderOf = (order_id: string, purchases: Entry[]): Order | null => {
  const deliveries = purchases.sort(compareByPrecedence);
  const [winner] = deliveries;
  if (!winner) return null;
  const placer =
    earliest(deliveries.filter((entry) => sourceOf(entry) === 'browser')) ??
    earliest(deliveries.filter((entry) => entry.event.session_id !== undefined));
  const { session, event } = placer ?? winner;
  return {
    order_id,
    ordered_at: earliestOfNearest(deliveries),
    deliveries,
    winner,
    test: deliveries.some((entry) => entry.event.test === true),
    placedByVisitor: placer !== undefined,
    visitor_id: event.visitor_id,
    session,
    channel: winner.event.channel ?? 'web',
    currency: winner.event.currency ?? '',
    amounts: amountsOf(winner),
    cart: null,
    withoutCartReason: '',
  };
};

const compareOrders = (a: Order, b: Order): number =>
  a.ordered_at - b.ordered_at || compareUtf8(a.order_id, b.order_id);

/** One order per order_id, made from all its kept deliveries; in the order in which the pass meets them. */
export const collectOrders = (entries: readonly Entry[]): Order[] => {
  const purchases = new Map<string, Entry[]>();
  for (const entry of entries) {
    const { type, order_id } = entry.event;
    if (type !== 'purchase' || order_id === undefined) continue;
    const known = purchases.get(order_id);
    if (known) known.push(entry);
    else purchases.set(order_id, [entry]);
  }
  const orders: Order[] = [];
  for (const [order_id, deliveries] of purchases) {
    const order = orderOf(order_id, deliveries);
    if (order) orders.push(order);
  }
  return orders.sort(compareOrders);
};
