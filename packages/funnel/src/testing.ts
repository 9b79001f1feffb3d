/**
 * Random shops for property tests, seeded: the same seed gives the same history, definition and versions on any
 * machine.
 *
 *     const random = createRandom(seed);
 *     const definition = randomDefinition(random);
 *     const deliveries = randomHistory(random, 40);
 *     const rows = buildLedger({ events: keptOf(deliveries), definition, days: createCalendar(definition.time_zone) });
 */
export { createRandom, type Random, randomDefinition, randomHistory } from './ledger/test-histories.ts';
export { keptOf } from './ledger/test-kept.ts';
