import type { Cart, Order } from './cart-and-order.ts';
import { printedCartKey } from './cart-row.ts';
import { sourceOf } from './deliveries.ts';
import { compareUtf8 } from './order-of-events.ts';
import { countConflicts } from './orders.ts';
import type { PassedHistory } from './pass.ts';
import { collectRefunds, type Refund } from './refunds.ts';
import type { TimelineRule } from './timeline-rules.ts';
import type { Decisions } from './timeline-trace.ts';
import { amountText, atText, durationText, itemsText } from './timeline-words.ts';

/** The cart it closed, be it one of bots' that it does not count with. */
const closedBy = (order: Order, carts: Iterable<Cart>): Cart | undefined => {
  for (const cart of carts) if (cart.order === order) return cart;
  return undefined;
};

const ruleOf = (order: Order, { joined }: Decisions): TimelineRule => {
  const rule = joined.get(order);
  if (order.cart && rule) return `order_joined_${rule}`;
  return order.withoutCartReason === '' ? 'no_add_seen' : order.withoutCartReason;
};

/** Which rule gave an order its cart or none, which cart that is, and what mattered. */
export const explainOrder = (
  order: Order,
  decisions: Decisions,
  carts: Iterable<Cart>,
  tie_tolerance_ms: number,
): { rule: TimelineRule; cart_key: string | null; notes: string[] } => {
  const { winner, deliveries, amounts, currency } = order;
  const cart = order.cart ?? (order.withoutCartReason === 'cart_excluded' ? closedBy(order, carts) : undefined);
  const considered = decisions.considered.get(order);
  const listed = winner.event.items ?? [];
  const conflicts = countConflicts(order);
  const notes = [
    `Total ${amountText(amounts.total, currency)}, from its ${sourceOf(winner)} delivery ${winner.event.event_id}${deliveries.length > 1 ? ` of ${deliveries.length}` : ''}${conflicts > 0 ? `, ${conflicts} of which differ` : ''}.`,
    listed.length > 0 ? `It lists ${itemsText(listed)}.` : 'It lists no items.',
    `It stands at ${atText(order.ordered_at + tie_tolerance_ms)}, ${durationText(tie_tolerance_ms)} after it was placed, behind what came in between.`,
    considered ? `The open cart was ${printedCartKey(considered)}.` : '',
    order.placedByVisitor
      ? ''
      : 'No delivery is a browser’s or has a session, so it was not placed by its visitor: it carries no id.',
    order.test ? 'It is a test: it and the cart it closed are in no report.' : '',
  ];
  return { rule: ruleOf(order, decisions), cart_key: cart ? printedCartKey(cart) : null, notes };
};

type ToldRefund = Refund & {
  /** The order's; '' when it is not known. */
  visitor_id: string;
};

/** The refunds of these orders, in order of (time, order, refund). */
export const refundsOf = ({ history, orders }: PassedHistory, orderIds: ReadonlySet<string>): ToldRefund[] => {
  const byId = new Map(orders.map((order) => [order.order_id, order]));
  return collectRefunds(history.entries, byId)
    .filter((refund) => orderIds.has(refund.order_id))
    .map((refund) => ({ ...refund, visitor_id: byId.get(refund.order_id)?.visitor_id ?? '' }))
    .sort(
      (a, b) =>
        a.refunded_at - b.refunded_at || compareUtf8(a.order_id, b.order_id) || compareUtf8(a.refund_id, b.refund_id),
    );
};

const KINDS = { refund: 'Refund', cancelled: 'Cancellation', chargeback: 'Chargeback' } as const;

/** What a refund comes to, and whether something about it is odd. */
export const explainRefund = ({
  order_id,
  total,
  currency,
  refund_kind,
  flag,
  test,
}: Refund): { rule: TimelineRule; notes: string[] } => ({
  rule: flag === '' ? 'refund_counted' : `refund_${flag}`,
  notes: [
    `${KINDS[refund_kind]} of ${amountText(total, currency)} of order ${order_id}.`,
    test ? 'Its order is a test: it is in no report.' : '',
  ],
});
