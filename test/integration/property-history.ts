/** Generated histories, one a seed, with what is asked about each. */
import { type Delivery, eventTime } from '@cartledger/events';
import { createCalendar, DAY_MS, type Definition, type DefinitionVersion, HOUR_MS } from '@cartledger/funnel';
import { createRandom, type Random, randomDefinition, randomHistory, randomVersions } from '@cartledger/funnel/testing';
import fc from 'fast-check';

export type History = {
  seed: number;
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
/** Of them so many, at least a hundred, arrive in pieces. */
export const ARRIVALS = number('CARTLEDGER_PROPERTY_ARRIVALS', Math.max(100, HISTORIES / 10));
/** Another run has other histories. */
const SEED = number('CARTLEDGER_PROPERTY_SEED', 20_261_122);
/** A seed that a failure named: only that history is made. */
const ONLY = process.env.CARTLEDGER_PROPERTY_ONLY;

export const replay = (seed: number): string => `alone again with CARTLEDGER_PROPERTY_ONLY=${seed}`;

/** Seeds of histories, others for each use. */
export const seedsOf = (use: number, count: number): number[] => {
  if (ONLY !== undefined) return [Number(ONLY)];
  const any = fc.noBias(fc.integer({ min: 1, max: 2 ** 31 - 1 }));
  const [seeds = []] = fc.sample(fc.uniqueArray(any, { minLength: count, maxLength: count }), {
    numRuns: 1,
    seed: SEED + use,
  });
  return seeds;
};

/** Gaps of up to 30 days between events: more would not fit the longest period that is reported. */
const MAX_EVENTS = 35;

/** Rates of this source are loaded for every store. */
export const FX_SOURCE = 'generated';

export const historyOf = (seed: number): History => {
  const random = createRandom(seed);
  const definition: Definition = {
    ...randomDefinition(random),
    ...(random.chance(0.3) ? { fx_source: FX_SOURCE, currency: random.pick(['EUR', 'JPY', 'KWD']) } : {}),
  };
  const visitors = random.pick([1, 2, 3, 3, 8]);
  const deliveries = randomHistory(random, 1 + random.below(MAX_EVENTS), visitors, definition.time_zone);
  const versions = random.chance(0.5) ? randomVersions(random, definition, deliveries) : [{ from: null, definition }];
  return { seed, versions, deliveries, random };
};

/** Another definition, from some day of the deliveries or for all history. */
export const changeOf = (random: Random, deliveries: readonly Delivery[]): DefinitionVersion => {
  const definition = randomDefinition(random);
  return randomVersions(random, definition, deliveries).at(-1) ?? { from: null, definition };
};

const AFTER: readonly [number, ...number[]] = [0, HOUR_MS / 2 - 1, HOUR_MS, 3 * DAY_MS, 60 * DAY_MS];

export type Question = { asOf: number; from: string; to: string; whole: boolean };

/** T at or after the last event, and a period: all history, or one between two events. */
export const questionOf = (random: Random, timeZone: string, deliveries: readonly Delivery[]): Question => {
  const times = deliveries.map(eventTime).sort((a, b) => a - b);
  const asOf = (times.at(-1) ?? 0) + random.pick(AFTER);
  const { dayOf } = createCalendar(timeZone);
  const at = (i: number): string => dayOf(times[i] ?? 0);
  if (random.chance(0.4)) return { asOf, from: at(0), to: at(times.length - 1), whole: true };
  const [i, j] = [random.below(times.length), random.below(times.length)];
  return { asOf, from: at(Math.min(i, j)), to: at(Math.max(i, j)), whole: false };
};
