import type { FunnelUnit } from '../definition.ts';
import type { BotReason } from './bots.ts';
import type { Calendar } from './calendar.ts';
import type { Cart, Order } from './cart-and-order.ts';
import { cartUnit, firstOf } from './cart-row.ts';
import type { Entry, History } from './history.ts';
import { type NodeName, visitorNode } from './node.ts';

/** Whose journeys a funnel counts: the unit, its events and its orders, both in order. */
export type Unit = {
  node: NodeName;
  unit_id: string;
  visitor_id: string;
  entries: readonly Entry[];
  orders: readonly Order[];
  /** A session's events all count on its own day. */
  day: string | null;
  /** It is a bot's. */
  excluded: boolean;
};

export type Passed = {
  history: History;
  orders: readonly Order[];
  carts: readonly Cart[];
  /** Visitors who are left out of reports, and carts that only such made. */
  bots: ReadonlyMap<string, BotReason>;
  excluded: ReadonlySet<Cart>;
};

const visitorUnits = ({ history, orders, bots }: Passed): Unit[] => {
  const ordersOf = Map.groupBy(orders, (order) => order.visitor_id);
  return [...history.visitors.values()].map(({ visitor_id, entries }) => ({
    node: visitorNode(visitor_id),
    unit_id: visitor_id,
    visitor_id,
    entries,
    orders: ordersOf.get(visitor_id) ?? [],
    day: null,
    excluded: bots.has(visitor_id),
  }));
};

const sessionUnits = ({ history, orders, bots }: Passed, { dayOf }: Calendar): Unit[] => {
  const ordersOf = Map.groupBy(orders, (order) => order.session);
  return [...history.visitors.values()].flatMap(({ visitor_id, sessions }) =>
    sessions.map((session) => ({
      node: visitorNode(visitor_id),
      unit_id: session.unitId,
      visitor_id,
      entries: session.entries,
      orders: ordersOf.get(session) ?? [],
      day: dayOf(session.entries[0]?.time ?? 0),
      excluded: bots.has(visitor_id),
    })),
  );
};

/** A cart that a test order closed is in no report. */
const cartUnits = ({ carts, excluded }: Passed): Unit[] =>
  carts
    .filter(({ order }) => !order?.test)
    .map((cart) => ({
      ...cartUnit(cart),
      visitor_id: firstOf(cart).event.visitor_id,
      entries: cart.entries,
      orders: cart.order ? [cart.order] : [],
      day: null,
      excluded: excluded.has(cart),
    }));

/** All units of a kind. Orders must come sorted, their visitors decided. */
export const unitsOf = (unit: FunnelUnit, passed: Passed, days: Calendar): Unit[] => {
  if (unit === 'visitor') return visitorUnits(passed);
  return unit === 'session' ? sessionUnits(passed, days) : cartUnits(passed);
};
