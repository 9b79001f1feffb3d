import type { Order } from './cart-and-order.ts';
import { compareByPrecedence, sourceOf } from './deliveries.ts';
import type { Entry } from './history.ts';
import { pricedSum } from './money.ts';
import { compareUtf8 } from './order-of-events.ts';
import type { RefundRow } from './rows.ts';

export type Refund = Omit<RefundRow, 'kind' | 'node' | 'day'>;

const refundOf = (
  order_id: string,
  refund_id: string,
  deliveries: Entry[],
  order: Order | undefined,
): Refund | null => {
  const [winner] = deliveries.sort(compareByPrecedence);
  if (!winner) return null;
  const { amounts, items, currency = '', kind = 'refund' } = winner.event;
  const total = BigInt(amounts?.total ?? 0);
  const stated = amounts?.items === undefined ? null : BigInt(amounts.items);
  return {
    order_id,
    refund_id,
    refunded_at: deliveries.reduce((at, entry) => Math.min(at, entry.time), winner.time),
    currency,
    total,
    items: stated ?? pricedSum(items) ?? total,
    refund_kind: kind,
    flag: !order ? 'unknown_order' : order.currency !== currency ? 'other_currency' : '',
    test: order?.test ?? false,
  };
};

/** A refund is more than the order when it and the order's earlier refunds, by (time, refund_id), pass its total. */
const flagExcess = (refunds: Refund[], order: Order): void => {
  let sum = 0n;
  for (const refund of refunds.sort((a, b) => a.refunded_at - b.refunded_at || compareUtf8(a.refund_id, b.refund_id))) {
    if (refund.flag !== '') continue;
    sum += refund.total;
    if (sum > order.amounts.total) refund.flag = 'more_than_order';
  }
};

/**
 * One refund per (order_id, refund_id). A browser's refund is in no ledger: anyone could send one, so it is kept
 * with the events and never summed.
 */
export const collectRefunds = (entries: readonly Entry[], orders: ReadonlyMap<string, Order>): Refund[] => {
  const byOrder = new Map<string, Map<string, Entry[]>>();
  for (const entry of entries) {
    const { type, order_id, refund_id } = entry.event;
    if (type !== 'refund' || order_id === undefined || refund_id === undefined) continue;
    if (sourceOf(entry) === 'browser') continue;
    let byRefund = byOrder.get(order_id);
    if (!byRefund) {
      byRefund = new Map();
      byOrder.set(order_id, byRefund);
    }
    const known = byRefund.get(refund_id);
    if (known) known.push(entry);
    else byRefund.set(refund_id, [entry]);
  }
  return [...byOrder].flatMap(([order_id, byRefund]) => {
    const order = orders.get(order_id);
    const refunds: Refund[] = [];
    for (const [refund_id, deliveries] of byRefund) {
      const refund = refundOf(order_id, refund_id, deliveries, order);
      if (refund) refunds.push(refund);
    }
    if (order) flagExcess(refunds, order);
    return refunds;
  });
};
