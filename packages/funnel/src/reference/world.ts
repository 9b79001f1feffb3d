/** A whole history made of its deliveries, step by step, before any report looks at a period of it. */
import type { Delivery } from '@cartledger/events';
import type { Definition, DefinitionVersion } from '../definition.ts';
import { findBots, isMadeByBots } from './bots.ts';
import { makeCarts, type PassedOrder } from './carts.ts';
import { type CountedCart, countCart } from './counted.ts';
import { createDayOf } from './days.ts';
import { deduplicate } from './dedupe.ts';
import type { KeptEvent } from './kept.ts';
import { compareEvents, rankOf } from './ordering.ts';
import { makeOrders } from './orders.ts';
import { makeRefunds, type Refund } from './refunds.ts';
import { isRejected } from './reject.ts';
import { assignSessions } from './sessions.ts';
import { eventTime } from './time.ts';
import type { History } from './units.ts';

export type World = {
  /** T: no earlier than the last event. */
  asOf: number;
  /** Events, and what reports count: neither tests nor what bots made. */
  history: History;
  carts: readonly CountedCart[];
  refunds: readonly Refund[];
  /** The cart of an order that is in reports. */
  cartOf: (passed: PassedOrder) => CountedCart | undefined;
};

export const makeWorld = (input: {
  deliveries: Iterable<Delivery>;
  definition: Definition;
  versions: readonly DefinitionVersion[];
  asOf: number;
}): World => {
  const { definition, versions } = input;
  const accepted = [...input.deliveries].filter((delivery) => !isRejected(delivery));
  const events: KeptEvent[] = deduplicate(accepted)
    .map((delivery) => ({ ...delivery, time: eventTime(delivery), rank: rankOf(delivery) }))
    .sort(compareEvents);
  // No report stands earlier than the last event.
  const t = Math.max(input.asOf, events.at(-1)?.time ?? input.asOf);

  const dayOf = createDayOf(definition.time_zone);
  const sessions = assignSessions(events, dayOf);
  const madeOrders = makeOrders(events, sessions);
  const passed = makeCarts(events, madeOrders, sessions, definition.tie_tolerance_ms);

  const bots = findBots(definition.bots, { events, carts: passed.carts, orders: passed.orders }, dayOf);
  const ofBots = new Set(passed.carts.filter((cart) => isMadeByBots(cart, bots)));
  // A test order joins like any other; here it and the cart it closed leave, and the carts of bots.
  const carts = passed.carts.filter((cart) => cart.order?.test !== true && !ofBots.has(cart));
  const orders = passed.orders
    .filter(({ order }) => !order.test)
    .map((order) => (order.cart !== null && ofBots.has(order.cart) ? withoutExcludedCart(order) : order));

  const counted = carts.map((cart) => countCart(cart, versions, definition.tie_tolerance_ms, dayOf, t));
  const countedOf = new Map(counted.map((c) => [c.cart, c]));
  return {
    asOf: t,
    history: { events, sessions, orders, carts, bots, dayOf },
    carts: counted,
    refunds: makeRefunds(events, madeOrders),
    cartOf: ({ cart }) => (cart === null ? undefined : countedOf.get(cart)),
  };
};

/** No order is ever excluded: it stands without the cart that bots made. */
const withoutExcludedCart = ({ order, visitor_id, session }: PassedOrder): PassedOrder => ({
  order,
  visitor_id,
  session,
  cart: null,
  reason: 'cart_excluded',
});
