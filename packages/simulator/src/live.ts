/** Endless traffic at the pace of a clock, for a demo store that moves. */
import { createArrivals } from './arrivals.ts';
import { createRandom } from './random.ts';
import { liveOut, planArrival } from './shoppers.ts';
import { openStore, type SimulatedStore } from './store.ts';
import type { SimulatedEvent } from './wire.ts';

export type LiveClock = {
  /** ms UTC. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal is aborted; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

export type LiveOptions = {
  seed: string | number;
  stores: readonly SimulatedStore[];
  /** On average, once the first shoppers have settled in (some minutes). */
  eventsPerSecond: number;
  clock: LiveClock;
};

export type LiveTraffic = {
  /** Deliveries as they fall due, `received_at` being then; ends when the signal is aborted. */
  events(signal?: AbortSignal): AsyncGenerator<SimulatedEvent, void, void>;
};

/** How long a shopper stays around: long enough to come back to an abandoned cart, short enough to be remembered. */
const LIFE_MS = 6 * 3_600_000;
/** After a pause of the whole machine the missed shoppers are not made up for. */
const MAX_BEHIND_MS = 60_000;
const SAMPLE = 200;

/** No two starts share an id: what one of them sent is never taken for a repetition of another's. */
export const createLiveTraffic = ({ seed, stores, eventsPerSecond, clock }: LiveOptions): LiveTraffic => {
  if (!(eventsPerSecond > 0)) throw new RangeError(`eventsPerSecond (${eventsPerSecond}) must be above 0`);
  const opened = stores.map((store) => openStore(store, seed));
  const liveSeed = `${seed}/live/${clock.now()}`;
  const arriving = (number: number, from: number): SimulatedEvent[] =>
    liveOut(liveSeed, planArrival(liveSeed, opened, { from, to: from + LIFE_MS }, number), 'life').sent;

  const sampled = Array.from({ length: SAMPLE }, (_, number) => arriving(number, clock.now()).length);
  const eventsPerShopper = sampled.reduce((sum, count) => sum + count, 0) / SAMPLE;
  const meanGapMs = (1_000 * eventsPerShopper) / eventsPerSecond;

  return {
    async *events(signal) {
      const isOver = (): boolean => signal?.aborted === true;
      const random = createRandom(liveSeed, 'arrivals');
      const arrivals = createArrivals();
      let number = SAMPLE;
      let nextShopperAt = clock.now();
      while (!isOver()) {
        const now = clock.now();
        if (nextShopperAt < now - MAX_BEHIND_MS) nextShopperAt = now;
        while (nextShopperAt <= now) {
          for (const event of arriving(number++, nextShopperAt)) arrivals.put(event);
          nextShopperAt += Math.ceil(-Math.log(1 - random.next()) * meanGapMs);
        }
        for (let next = arrivals.takeBefore(now + 1); next !== null; next = arrivals.takeBefore(now + 1)) {
          yield next;
          if (isOver()) return;
        }
        const due = Math.min(nextShopperAt, arrivals.nextAt() ?? nextShopperAt);
        await clock.sleep(Math.max(1, due - clock.now()), signal);
      }
    },
  };
};
