/** What a funnel counts: visitors, sessions or carts, each with the events that match its stages. */
import type { FunnelUnit } from '../definition.ts';
import type { PassedOrder } from './carts.ts';
import type { DayOf } from './days.ts';
import type { KeptEvent } from './kept.ts';
import { compareText } from './ordering.ts';
import type { Session } from './sessions.ts';
import type { Cart } from './stretches.ts';

/** An event, or an order at `ordered_at`, that matches stages of the funnel. */
export type Hit = { time: number; day: string; stages: ReadonlySet<number> };
/** A unit's hits in order. */
export type Unit = readonly Hit[];

export type History = {
  events: readonly KeptEvent[];
  sessions: Map<KeptEvent, Session>;
  /** Not tests, and no carts that tests closed. */
  orders: readonly PassedOrder[];
  carts: readonly Cart[];
  dayOf: DayOf;
};

/** The stages of the funnel: a cart has no visits and product views of its own. */
export const stagesFor = (unit: FunnelUnit, stages: readonly string[]): string[] =>
  stages.filter((stage) => unit !== 'cart' || (stage !== 'visit' && stage !== 'product_view'));

export const unitsOf = (unit: FunnelUnit, stages: readonly string[], history: History): Unit[] => {
  const { events, sessions, orders, carts, dayOf } = history;
  if (unit === 'visitor') {
    const visitors = collect(
      events,
      (e) => e.visitor_id,
      orders,
      (o) => o.visitor_id,
    );
    return visitors.map((own) => hitsOf(own.events, own.orders, stages, dayOf));
  }
  if (unit === 'session') {
    const inSession = collect(
      events,
      (e) => sessions.get(e),
      orders,
      (o) => o.session,
    );
    return inSession.map((own) => hitsOf(own.events, own.orders, stages, () => own.of?.day ?? ''));
  }
  const orderOf = new Map(orders.map((order) => [order.cart, order]));
  return carts.map((cart) => {
    const order = orderOf.get(cart);
    return hitsOf(cart.events, order === undefined ? [] : [order], stages, dayOf);
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

/** Orders take the place of purchases in the order of events; raw purchases match no stage. */
const hitsOf = (
  events: readonly KeptEvent[],
  orders: readonly PassedOrder[],
  stages: readonly string[],
  dayOf: DayOf,
): Unit => {
  const matchedBy = (matches: (stage: string) => boolean): Set<number> =>
    new Set(stages.flatMap((stage, k) => (matches(stage) ? [k] : [])));
  const hits = [
    ...events.map((e) => ({
      time: e.time,
      rank: e.rank,
      id: '',
      stages: matchedBy((stage) => matchesEvent(stage, e)),
    })),
    ...orders.map(({ order }) => ({
      time: order.ordered_at,
      rank: PURCHASE_RANK,
      id: order.order_id,
      stages: matchedBy((stage) => stage === 'purchase'),
    })),
  ];
  return hits
    .filter((hit) => hit.stages.size > 0)
    .sort((a, b) => a.time - b.time || a.rank - b.rank || compareText(a.id, b.id))
    .map((hit) => ({ time: hit.time, day: dayOf(hit.time), stages: hit.stages }));
};

const matchesEvent = (stage: string, e: KeptEvent): boolean => {
  if (e.type === 'purchase') return false;
  return stage === e.type || (e.type === 'checkout' && stage === `checkout.${e.checkout_step ?? 'start'}`);
};
