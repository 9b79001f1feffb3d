import type { Order } from './cart-and-order.ts';
import type { Entry } from './history.ts';
import { PURCHASE_RANK, rankOf } from './order-of-events.ts';
import type { Stages } from './stage-mask.ts';

/** What a funnel sees of an event or an order: when, and which stages it matches (never none). */
export type Step = { time: number; mask: number; of: Entry | Order };

const comesBefore = (order: Order, { time, event }: Entry): boolean =>
  order.ordered_at < time || (order.ordered_at === time && PURCHASE_RANK < rankOf(event));

/** A unit's events and orders that match any stage, in order. Orders must come sorted; tests are no purchases. */
export const stepsOf = (entries: readonly Entry[], orders: readonly Order[], stages: Stages): Step[] => {
  const steps: Step[] = [];
  let next = 0;
  const putOrders = (until: Entry | null): void => {
    if (stages.ofOrder === 0) return;
    for (let order = orders[next]; order && (!until || comesBefore(order, until)); order = orders[++next])
      if (!order.test) steps.push({ time: order.ordered_at, mask: stages.ofOrder, of: order });
  };
  for (const entry of entries) {
    const mask = stages.ofEvent(entry.event);
    if (mask === 0) continue;
    putOrders(entry);
    steps.push({ time: entry.time, mask, of: entry });
  }
  putOrders(null);
  return steps;
};
