import type { KeptEvent } from './kept.ts';
import { byPrecedence, minor, type Order, sourceOf, sumOfLines } from './orders.ts';

export type Refund = {
  order_id: string;
  refund_id: string;
  refunded_at: number;
  currency: string;
  total: bigint;
  /** The part that paid items back. */
  items: bigint;
};

/**
 * One refund per (order id, refund id), dated by its earliest delivery; a browser's are never summed, and those of
 * test orders are in no report. An unknown order, another currency or more than the order does not matter here.
 */
export const makeRefunds = (events: readonly KeptEvent[], orders: readonly Order[]): Refund[] => {
  const tests = new Set(orders.filter((order) => order.test).map((order) => order.order_id));
  const counted = events.filter(
    (e) => e.type === 'refund' && sourceOf(e) !== 'browser' && e.order_id !== undefined && !tests.has(e.order_id),
  );
  return [...Map.groupBy(counted, (e) => JSON.stringify([e.order_id, e.refund_id])).values()].flatMap((deliveries) => {
    const [winner] = deliveries.toSorted(byPrecedence);
    if (winner === undefined) return [];
    const total = minor(winner.amounts?.total);
    return {
      order_id: winner.order_id ?? '',
      refund_id: winner.refund_id ?? '',
      refunded_at: deliveries.map((e) => e.time).reduce((a, b) => Math.min(a, b)),
      currency: winner.currency ?? '',
      total,
      items:
        winner.amounts?.items === undefined ? (sumOfLines(winner.items ?? []) ?? total) : minor(winner.amounts.items),
    };
  });
};
