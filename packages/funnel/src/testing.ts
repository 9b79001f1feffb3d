/**
 * Random shops for property tests, seeded: the same seed gives the same history, definition and versions on any
 * machine.
 *
 *     const random = createRandom(seed);
 *     const definition = randomDefinition(random);
 *     const deliveries = randomHistory(random, 40, 3, definition.time_zone);
 *     const versions = randomVersions(random, definition, deliveries);
 *     const days = createCalendar(definition.time_zone);
 *     const rows = buildLedger({ events: keptOf(deliveries), definition, versions, days });
 */
export type { KnownWrongAnswer } from './reference/known-wrong-answer.ts';
export { KNOWN_WRONG_ANSWERS } from './reference/known-wrong-answers.ts';
export { randomDefinition, randomVersions } from './testing/definitions.ts';
export { randomHistory } from './testing/histories.ts';
export { keptOf } from './testing/kept.ts';
export { qualityDay } from './testing/quality-day.ts';
export { createRandom, type Random } from './testing/random.ts';
