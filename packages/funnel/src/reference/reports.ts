/** The reference engine: numbers.md said the plain way, the whole history in memory, one step after the other. */
import type { Delivery } from '@cartledger/events';
import type { Definition, Point, WithoutCartReason } from '../definition.ts';
import type { AbandonmentBody, CurrencyRevenue, FunnelStage, MoneyByCurrency } from '../report.ts';
import { abandonmentReport } from './abandonment.ts';
import { makeCarts, type PassedOrder } from './carts.ts';
import { type CountedCart, countCart } from './counted.ts';
import { createDayOf, createInPeriod } from './days.ts';
import { deduplicate } from './dedupe.ts';
import { funnelReport } from './funnel.ts';
import type { KeptEvent } from './kept.ts';
import { compareEvents, compareText, rankOf } from './ordering.ts';
import { makeOrders } from './orders.ts';
import { makeRefunds } from './refunds.ts';
import { isRejected } from './reject.ts';
import { revenueReport } from './revenue.ts';
import { assignSessions } from './sessions.ts';
import type { CartState } from './states.ts';
import { eventTime } from './time.ts';

export type ReferenceInput = {
  /** One store's deliveries, in any order, repeated or not. */
  deliveries: Iterable<Delivery>;
  definition: Definition;
  /** T, ms UTC. Reports stand no earlier than the last event, whatever is asked. */
  asOf: number;
  /** Local days, both inclusive, `YYYY-MM-DD`. */
  from: string;
  to: string;
};

export type ReferenceCart = {
  cart_key: string;
  opened_at: number;
  state: CartState;
  furthest: Point;
  value: MoneyByCurrency;
  order_id: string | null;
};

export type ReferenceOrder = {
  order_id: string;
  ordered_at: number;
  cart_key: string | null;
  without_cart_reason: WithoutCartReason | null;
  order_total: bigint;
  currency: string;
};

export type ReferenceReports = {
  /** The stages of each of the definition's funnels. */
  funnels: FunnelStage[][];
  abandonment: AbandonmentBody;
  /** By currency. */
  revenue: Record<string, CurrencyRevenue>;
  /** All carts of all history but those that test orders closed, by key. */
  carts: ReferenceCart[];
  /** All orders of all history but tests, by id. */
  orders: ReferenceOrder[];
};

/** Computes every report from the deliveries alone. Slow and plain: the oracle that ledgers and SQL must equal. */
export const reference = ({ deliveries, definition, asOf, from, to }: ReferenceInput): ReferenceReports => {
  const accepted = [...deliveries].filter((delivery) => !isRejected(delivery));
  const events: KeptEvent[] = deduplicate(accepted)
    .map((delivery) => ({ ...delivery, time: eventTime(delivery), rank: rankOf(delivery) }))
    .sort(compareEvents);
  const t = Math.max(asOf, events.at(-1)?.time ?? asOf);

  const dayOf = createDayOf(definition.time_zone);
  const inPeriod = createInPeriod(from, to);
  const sessions = assignSessions(events, dayOf);

  const orders = makeOrders(events, sessions);
  const refunds = makeRefunds(events, orders);
  const passed = makeCarts(events, orders, sessions, definition.tie_tolerance_ms);

  // A test order joins like any other; here it and the cart it closed leave.
  const realOrders = passed.orders.filter(({ order }) => !order.test);
  const realCarts = passed.carts.filter((cart) => cart.order?.test !== true);
  const counted = realCarts.map((cart) => countCart(cart, definition, dayOf, t));
  const countedOf = new Map(counted.map((c) => [c.cart, c]));

  const history = { events, sessions, orders: realOrders, carts: realCarts, dayOf };
  const openedInPeriod = counted.filter((c) => inPeriod(c.openedOn));
  return {
    funnels: definition.funnels.map((funnel) => funnelReport(funnel, definition, history, inPeriod)),
    abandonment: abandonmentReport(openedInPeriod),
    revenue: revenueReport({
      carts: openedInPeriod,
      orders: realOrders.filter(({ order }) => inPeriod(dayOf(order.ordered_at))),
      refunds: refunds.filter((refund) => inPeriod(dayOf(refund.refunded_at))),
      cartOf: ({ cart }) => (cart === null ? undefined : countedOf.get(cart)),
    }),
    carts: counted.map(printCart).sort((a, b) => compareText(a.cart_key, b.cart_key)),
    orders: realOrders.map(printOrder).sort((a, b) => compareText(a.order_id, b.order_id)),
  };
};

const printCart = ({ cart, openedAt, life, value }: CountedCart): ReferenceCart => ({
  cart_key: cart.key,
  opened_at: openedAt,
  state: life.state,
  furthest: life.furthest,
  value: Object.fromEntries(value),
  order_id: cart.order?.order_id ?? null,
});

const printOrder = ({ order, cart, reason }: PassedOrder): ReferenceOrder => ({
  order_id: order.order_id,
  ordered_at: order.ordered_at,
  cart_key: cart?.key ?? null,
  without_cart_reason: reason,
  order_total: order.amounts.total,
  currency: order.currency,
});
