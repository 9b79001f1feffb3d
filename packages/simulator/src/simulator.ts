/** Seeded traffic of whole stores over a period, with the truth about it. */
import { createArrivals } from './arrivals.ts';
import { createFacts, type Facts } from './facts.ts';
import { type LifeKind, liveOut, planShopper, type ShopperPlan } from './shoppers.ts';
import { openStore, type SimulatedStore } from './store.ts';
import { type Truth, type TruthQuery, tellTruth } from './truth/truth.ts';
import type { SimulatedEvent } from './wire.ts';

export type SimulatorOptions = {
  /** The same options give the same traffic, byte for byte. */
  seed: string | number;
  stores: readonly SimulatedStore[];
  /** ms UTC: nothing happens before `from`, nothing happens or arrives after `to`. */
  from: number;
  to: number;
} & (
  | {
      /** Just so many deliveries, repeated ones among them. */
      events: number;
      visitors?: never;
    }
  | {
      /** Just so many shoppers, some with two devices. */
      visitors: number;
      events?: never;
    }
);

export type Simulator = {
  readonly stores: readonly SimulatedStore[];
  /** How many deliveries `events` gives. */
  readonly eventCount: number;
  /** ms UTC: when the last event of the store happened; 0 when it has none. */
  lastEventAt(store_id: string): number;
  /** All deliveries in order of arrival, anew at each call. */
  events(): Generator<SimulatedEvent, void, void>;
  /**
   * What the three reports must say once all deliveries are taken in, from what the shoppers did: no engine has
   * looked at the events. Throws for a store that is not simulated.
   */
  truth(query: TruthQuery): Truth;
};

type Casting = { plan: ShopperPlan; kind: LifeKind };

const merge = (into: Facts, more: Facts): void => {
  into.chains.push(...more.chains);
  into.stages.push(...more.stages);
  into.carts.push(...more.carts);
  for (const cart of more.testCarts) into.testCarts.add(cart);
  into.orders.push(...more.orders);
  into.refunds.push(...more.refunds);
  into.lastEventAt = Math.max(into.lastEventAt, more.lastEventAt);
};

export const createSimulator = (options: SimulatorOptions): Simulator => {
  const { seed, from, to } = options;
  if (!(from < to)) throw new RangeError(`from (${from}) must lie before to (${to})`);
  const stores = options.stores.map((store) => openStore(store, seed));
  const facts = new Map(stores.map(({ store_id }) => [store_id, createFacts()]));
  const cast: Casting[] = [];
  let eventCount = 0;

  /** Lets a shopper in unless its events are more than are still wanted. */
  const admit = (number: number, kind: LifeKind, wanted: number): void => {
    const plan = planShopper(seed, stores, { from, to }, number);
    const world = liveOut(seed, plan, kind);
    if (world.sent.length > wanted) return;
    cast.push({ plan, kind });
    eventCount += world.sent.length;
    const ofStore = facts.get(plan.store.store_id);
    if (ofStore !== undefined) merge(ofStore, world.facts);
  };

  if (options.visitors !== undefined) {
    for (let number = 0; number < options.visitors; number++) admit(number, 'life', Number.POSITIVE_INFINITY);
  } else {
    // Lives of several events fit less and less; glimpses of one fill what is left.
    for (let number = 0; eventCount < options.events; number++) {
      const wanted = options.events - eventCount;
      admit(number, wanted > 20 ? 'life' : 'glimpse', wanted);
    }
  }
  cast.sort((a, b) => a.plan.startsAt - b.plan.startsAt || a.plan.number - b.plan.number);

  return {
    stores: options.stores,
    eventCount,
    lastEventAt: (store_id) => facts.get(store_id)?.lastEventAt ?? 0,
    *events() {
      const arrivals = createArrivals();
      for (const { plan, kind } of cast) {
        // Who comes later sends nothing that arrives before.
        for (let next = arrivals.takeBefore(plan.startsAt); next !== null; next = arrivals.takeBefore(plan.startsAt)) {
          yield next;
        }
        for (const event of liveOut(seed, plan, kind).sent) arrivals.put(event);
      }
      const end = Number.POSITIVE_INFINITY;
      for (let next = arrivals.takeBefore(end); next !== null; next = arrivals.takeBefore(end)) yield next;
    },
    truth(query) {
      const store = stores.find(({ store_id }) => store_id === query.store_id);
      const ofStore = facts.get(query.store_id);
      if (store === undefined || ofStore === undefined)
        throw new RangeError(`store ${query.store_id} is not simulated`);
      return tellTruth(store, ofStore, query);
    },
  };
};
