/** All shoppers of a traffic, each a function of the seed and its number. */
import { createGlimpse, createLife } from './lives.ts';
import { createRandom, type Random } from './random.ts';
import type { Store } from './store.ts';
import { createWorld, play, type World } from './world.ts';

/** Visits by hour of the store's day, midnight first: few at night, most in the evening. */
const RHYTHM = [3, 2, 1, 1, 1, 2, 4, 7, 9, 10, 11, 12, 13, 12, 11, 11, 12, 13, 15, 18, 20, 19, 13, 7] as const;
const PEAK = Math.max(...RHYTHM);

export type Period = { from: number; to: number };

/** An instant of the period, drawn by the store's daily rhythm. */
const drawInstant = (random: Random, store: Store, { from, to }: Period): number => {
  for (;;) {
    const instant = random.int(from, to);
    if (random.next() * PEAK < (RHYTHM[store.calendar.hourOf(instant)] ?? PEAK)) return instant;
  }
};

export type ShopperPlan = {
  number: number;
  store: Store;
  startsAt: number;
  /** Nothing of it happens or arrives later. */
  limit: number;
};

/** `glimpse`: a life of one event, for counts that have to come out. */
export type LifeKind = 'life' | 'glimpse';

/** Which store a shopper goes to. */
const pickStore = (random: Random, stores: readonly Store[]): Store =>
  random.weighted(stores.map((store) => [store, store.share] as const));

/**
 * Who the shopper of this number is, and when it comes. The same seed and number give the same shopper, however
 * many others there are.
 */
export const planShopper = (
  seed: string | number,
  stores: readonly Store[],
  period: Period,
  number: number,
): ShopperPlan => {
  const random = createRandom(seed, 'plan', number);
  const store = pickStore(random, stores);
  return { number, store, startsAt: drawInstant(random, store, period), limit: period.to };
};

/** A shopper who comes at once. */
export const planArrival = (
  seed: string | number,
  stores: readonly Store[],
  period: Period,
  number: number,
): ShopperPlan => ({
  number,
  store: pickStore(createRandom(seed, 'plan', number), stores),
  startsAt: period.from,
  limit: period.to,
});

/** Its whole life. */
export const liveOut = (
  seed: string | number,
  { number, store, startsAt, limit }: ShopperPlan,
  kind: LifeKind,
): World => {
  const world = createWorld({
    store,
    random: createRandom(seed, kind, number),
    startsAt,
    limit,
    shopperId: `${number.toString(36)}${createRandom(seed, 'id', number).id(5)}`,
  });
  play(world, kind === 'life' ? createLife(world) : createGlimpse(world));
  return world;
};
