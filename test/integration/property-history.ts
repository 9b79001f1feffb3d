/**
 * Generated histories, and what is asked about them. Most of what a question costs is ClickHouse understanding it, however
 * little it is about: so a store holds some histories side by side, of which none knows a visitor, a cart, an order
 * or a customer of another's, and its reports are of all of them.
 */
import type { Store } from '@cartledger/control';
import { type Delivery, eventTime } from '@cartledger/events';
import { createCalendar, DAY_MS, type Definition, type DefinitionVersion } from '@cartledger/funnel';
import { createRandom, type Random, randomDefinition, randomHistory, randomVersions } from '@cartledger/funnel/testing';
import fc from 'fast-check';

/** What a store holds: histories side by side. */
export type History = {
  seed: number;
  /** How many. */
  lives: number;
  /** Oldest first; their numbers are the store's to give. */
  versions: readonly DefinitionVersion[];
  /** In order of arrival. */
  deliveries: readonly Delivery[];
  /** For choices made about the history later. */
  random: Random;
};

const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);

/** Histories of a run. */
export const HISTORIES = number('CARTLEDGER_PROPERTY_HISTORIES', 1_000);
/** So many, at least 1,000, arrive in pieces, and all of these by the real aggregator. */
export const ARRIVALS = number('CARTLEDGER_PROPERTY_ARRIVALS', Math.max(1_000, HISTORIES / 5));
/** Another run has other histories. */
const SEED = number('CARTLEDGER_PROPERTY_SEED', 20_261_122);
/** A seed that a failure named: only that store is made. */
const ONLY = process.env.CARTLEDGER_PROPERTY_ONLY;

export const replay = (seed: number): string => `alone again with CARTLEDGER_PROPERTY_ONLY=${seed}`;

/** One number makes a long run cheaper: 40 histories of a store are asked about at the price of one. */
const LIVES = process.env.CARTLEDGER_PROPERTY_LIVES ? [number('CARTLEDGER_PROPERTY_LIVES', 1)] : [1, 3, 7, 13];
const livesOf = (seed: number): number => LIVES[seed % LIVES.length] ?? 1;

/** Seeds of as many stores as it takes for `count` histories, others for each use. */
export const seedsOf = (use: number, count: number): number[] => {
  if (ONLY !== undefined) return [Number(ONLY)];
  const any = fc.noBias(fc.integer({ min: 1, max: 2 ** 31 - 1 }));
  const [seeds = []] = fc.sample(fc.uniqueArray(any, { minLength: count, maxLength: count }), {
    numRuns: 1,
    seed: SEED + use,
  });
  let histories = 0;
  return seeds.filter((seed) => {
    const isNeeded = histories < count;
    if (isNeeded) histories += livesOf(seed);
    return isNeeded;
  });
};

/** Gaps of up to 30 days between events: more would not fit the longest period that is reported. */
const MAX_EVENTS = 35;

/** Rates of this source are loaded for every store. */
export const FX_SOURCE = 'generated';

/** Starts further apart than this are those of another change of the clocks: histories of a store overlap. */
const NEAR_MS = 35 * DAY_MS;

const firstOf = (deliveries: readonly Delivery[]): number => Math.min(...deliveries.map(eventTime));

/** The names of one history, which no other has. */
const named = (delivery: Delivery, life: number): Delivery => ({
  ...delivery,
  visitor_id: `${delivery.visitor_id}-${life}`,
  ...(delivery.cart_id !== undefined && { cart_id: `${delivery.cart_id}-${life}` }),
  ...(delivery.order_id !== undefined && { order_id: `${delivery.order_id}-${life}` }),
  ...(delivery.customer_id !== undefined && { customer_id: `${delivery.customer_id}-${life}` }),
});

/** Half of them are cut at a moment within: what was received after it has not come yet. */
const cut = (random: Random, deliveries: readonly Delivery[]): readonly Delivery[] => {
  if (random.chance(0.5)) return deliveries;
  const [first, last] = [firstOf(deliveries), Math.max(...deliveries.map(({ received_at }) => received_at))];
  const at = first + random.below(last - first + 1);
  const come = deliveries.filter(({ received_at }) => received_at <= at);
  return come.length > 0 ? come : deliveries;
};

export const historyOf = (seed: number): History => {
  const random = createRandom(seed);
  const definition: Definition = {
    ...randomDefinition(random),
    ...(random.chance(0.3) ? { fx_source: FX_SOURCE, currency: random.pick(['EUR', 'JPY', 'KWD']) } : {}),
  };
  const { time_zone } = definition;
  const one = (): Delivery[] =>
    randomHistory(random, 1 + random.below(MAX_EVENTS), random.pick([1, 2, 3, 3, 8]), time_zone);
  const first = one();
  const all = [...first];
  const lives = livesOf(seed);
  for (let life = 1; life < lives; ) {
    const next = one();
    if (Math.abs(firstOf(next) - firstOf(first)) > NEAR_MS) continue;
    all.push(...next.map((delivery) => named(delivery, life)));
    life++;
  }
  const deliveries = cut(random, all);
  const versions = random.chance(0.5) ? randomVersions(random, definition, deliveries) : [{ from: null, definition }];
  return { seed, lives, versions, deliveries, random };
};

/** Another definition, from some day of the deliveries or for all history. */
export const changeOf = (random: Random, deliveries: readonly Delivery[]): DefinitionVersion => {
  const definition = randomDefinition(random);
  return randomVersions(random, definition, deliveries).at(-1) ?? { from: null, definition };
};

export type Question = { asOf: number; from: string; to: string; whole: boolean };

/** Times after an event at which time alone changes what is said: idle, abandoned, lost, funnels and days closed. */
const delaysOf = (versions: readonly DefinitionVersion[]): number[] => [
  DAY_MS,
  ...versions.flatMap(({ definition: { idle_ms, abandon_ms, recovery_ms, funnels } }) => [
    idle_ms,
    abandon_ms,
    abandon_ms + recovery_ms,
    ...funnels.map(({ window_ms }) => window_ms),
  ]),
];

const BESIDE = [-1, 0, 0, 1] as const;
const LATER_MS = 60 * DAY_MS;

/**
 * T at or after the last event: at it, at or a millisecond beside a moment when time alone changes something of some event
 * (most often one of the next), or anywhere.
 */
const asOfOf = (random: Random, versions: readonly DefinitionVersion[], times: readonly number[]): number => {
  const last = times.at(-1) ?? 0;
  const way = random.below(10);
  if (way === 0) return last;
  if (way <= 2) return last + random.below(LATER_MS);
  const delays = delaysOf(versions);
  const moments = [...new Set(times.flatMap((time) => delays.map((delay) => time + delay)))]
    .filter((moment) => moment > last)
    .sort((a, b) => a - b);
  const moment = moments[random.below(way <= 6 ? Math.min(moments.length, 5) : moments.length)] ?? last;
  return Math.max(last, moment + random.pick(BESIDE));
};

/** T, and a period: all history, or one between two events. */
export const questionOf = (
  random: Random,
  { definition, versions }: Pick<Store, 'definition' | 'versions'>,
  deliveries: readonly Delivery[],
): Question => {
  const times = deliveries.map(eventTime).sort((a, b) => a - b);
  const asOf = asOfOf(random, versions, times);
  const { dayOf } = createCalendar(definition.time_zone);
  const at = (i: number): string => dayOf(times[i] ?? 0);
  if (random.chance(0.4)) return { asOf, from: at(0), to: at(times.length - 1), whole: true };
  const [i, j] = [random.below(times.length), random.below(times.length)];
  return { asOf, from: at(Math.min(i, j)), to: at(Math.max(i, j)), whole: false };
};
