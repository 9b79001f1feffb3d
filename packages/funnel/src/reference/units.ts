/** What a funnel counts: visitors, sessions or carts, each with the events that match its stages. */
import type { Definition, FunnelUnit } from '../definition.ts';
import type { PassedOrder } from './carts.ts';
import type { DayOf } from './days.ts';
import type { KeptEvent } from './kept.ts';
import { compareText } from './ordering.ts';
import { matchesStage } from './predicates.ts';
import type { Session } from './sessions.ts';
import type { Cart } from './stretches.ts';

/** An event, or an order at `ordered_at`, that matches stages of the funnel. */
export type Hit = {
  time: number;
  day: string;
  stages: ReadonlySet<number>;
  /** What a breakdown looks at: the event, of an order its winning delivery; and whose it is. */
  event: KeptEvent;
  visitor_id: string;
  session: Session;
};

/** All that a visitor, a session or a cart did. */
export type Unit = {
  /** visitor_id, the session's id, the cart's key. */
  id: string;
  visitor_id: string;
  events: readonly KeptEvent[];
  orders: readonly PassedOrder[];
  /** The day its hits count on. */
  dayOfHit: DayOf;
};

export type History = {
  events: readonly KeptEvent[];
  sessions: Map<KeptEvent, Session>;
  /** Not tests, and no carts that tests closed or bots made. */
  orders: readonly PassedOrder[];
  carts: readonly Cart[];
  bots: ReadonlySet<string>;
  dayOf: DayOf;
};

/** The stages of the funnel: a cart has no visits and product views of its own. */
export const stagesFor = (unit: FunnelUnit, stages: readonly string[]): string[] =>
  stages.filter((stage) => unit !== 'cart' || (stage !== 'visit' && stage !== 'product_view'));

/** Every unit but those of bots. */
export const unitsOf = (unit: FunnelUnit, history: History): Unit[] => {
  const { events, sessions, orders, carts, bots, dayOf } = history;
  if (unit === 'visitor') {
    const visitors = collect(
      events,
      (e) => e.visitor_id,
      orders,
      (o) => o.visitor_id,
    );
    return visitors
      .filter((own) => !bots.has(own.of))
      .map((own) => ({ id: own.of, visitor_id: own.of, events: own.events, orders: own.orders, dayOfHit: dayOf }));
  }
  if (unit === 'session') {
    const inSession = collect(
      events,
      (e) => sessions.get(e),
      orders,
      (o): Session | undefined => o.session,
    );
    return inSession.flatMap(({ of: session, events: own, orders: ordered }) => {
      if (session === undefined || bots.has(session.visitor_id)) return [];
      const { id, visitor_id, day } = session;
      return { id, visitor_id, events: own, orders: ordered, dayOfHit: () => day };
    });
  }
  const orderOf = new Map(orders.map((order) => [order.cart, order]));
  return carts.map((cart) => {
    const order = orderOf.get(cart);
    return {
      id: cart.key,
      visitor_id: cart.events[0]?.visitor_id ?? '',
      events: cart.events,
      orders: order === undefined ? [] : [order],
      dayOfHit: dayOf,
    };
  });
};

type Owned<K> = { of: K; events: KeptEvent[]; orders: PassedOrder[] };

const collect = <K>(
  events: readonly KeptEvent[],
  ownerOfEvent: (e: KeptEvent) => K,
  orders: readonly PassedOrder[],
  ownerOfOrder: (o: PassedOrder) => K,
): Owned<K>[] => {
  const owners = new Map<K, Owned<K>>();
  const owned = (of: K): Owned<K> => {
    const entry = owners.get(of) ?? { of, events: [], orders: [] };
    owners.set(of, entry);
    return entry;
  };
  for (const e of events) owned(ownerOfEvent(e)).events.push(e);
  for (const o of orders) owned(ownerOfOrder(o)).orders.push(o);
  return [...owners.values()];
};

const PURCHASE_RANK = 10;

/** A unit's hits in order. Orders take the place of purchases in the order of events; raw purchases match no stage. */
export const hitsOf = (
  unit: Unit,
  stages: readonly string[],
  definition: Definition,
  sessions: Map<KeptEvent, Session>,
): Hit[] => {
  const matchedBy = (matches: (stage: string) => boolean): Set<number> =>
    new Set(stages.flatMap((stage, k) => (matches(stage) ? [k] : [])));
  const hits = [
    ...unit.events.flatMap((event) => {
      const session = sessions.get(event);
      return session === undefined
        ? []
        : {
            time: event.time,
            rank: event.rank,
            id: '',
            stages: matchedBy((stage) => matchesStage(stage, event, definition)),
            event,
            visitor_id: event.visitor_id,
            session,
          };
    }),
    ...unit.orders.flatMap(({ order, visitor_id, session }) => {
      const [event] = order.deliveries;
      return event === undefined
        ? []
        : {
            time: order.ordered_at,
            rank: PURCHASE_RANK,
            id: order.order_id,
            stages: matchedBy((stage) => stage === 'purchase'),
            event,
            visitor_id,
            session,
          };
    }),
  ];
  return hits
    .filter((hit) => hit.stages.size > 0)
    .sort((a, b) => a.time - b.time || a.rank - b.rank || compareText(a.id, b.id))
    .map(({ rank: _, id: _id, ...hit }) => ({ ...hit, day: unit.dayOfHit(hit.time) }));
};
