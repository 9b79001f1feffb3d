/** Histories that no person makes, but that a store may meet: what they cost must grow with their size alone. */
import { expect, it } from 'vitest';
import { FUNNEL_MODES, FUNNEL_UNITS } from '../definition.ts';
import { buildLedger } from './build.ts';
import { createCalendar } from './calendar.ts';
import type { KeptEvent } from './kept-event.ts';
import { BERLIN, event, items, order } from './test-story.ts';
import { buildTimeline } from './timeline.ts';

const definition = {
  ...BERLIN,
  funnels: FUNNEL_UNITS.flatMap((unit) => FUNNEL_MODES.map((mode) => ({ unit, mode, window_ms: 86_400_000 }))),
};
const days = createCalendar(definition.time_zone);

const MAKERS: [string, number, (size: number) => KeptEvent[]][] = [
  [
    'a visitor with 10,000 carts',
    10_000,
    (size) =>
      Array.from({ length: size }, (_, i) => event(i / 60, 'add_to_cart', { ...items('A', 1, 5), cart_id: `c${i}` })),
  ],
  [
    'a visitor who buys each of 5,000 carts while the others stand',
    5_000,
    (size) => [
      ...Array.from({ length: size }, (_, i) => event(0, 'add_to_cart', { ...items('A', 1, 5), cart_id: `c${i}` })),
      ...Array.from({ length: size }, (_, i) => order(1 + i / 60, `o${i}`, { cart_id: `c${i}` })),
    ],
  ],
  [
    'a cart id under 2,000 visitors, each of whom buys',
    2_000,
    (size) =>
      Array.from({ length: size }, (_, i) => [
        event(i, 'add_to_cart', { ...items('A', 1, 5), cart_id: 'c', visitor_id: `v${i}` }),
        order(i + 0.5, `o${i}`, { cart_id: 'c', visitor_id: `v${i}` }),
      ]).flat(),
  ],
  [
    'a cart of 8,000 products',
    8_000,
    (size) =>
      Array.from({ length: size }, (_, i) => event(i / 10, 'add_to_cart', { ...items(`P${i}`, 1, 5), cart_id: 'c' })),
  ],
];

/** The least CPU time of a few runs, in ms: what else the machine does only adds to it. */
const leastTime = (work: () => void): number =>
  Math.min(
    ...[1, 2, 3].map(() => {
      const before = process.cpuUsage();
      work();
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1_000;
    }),
  );

it.each(MAKERS)('%s: sixteen times the events cost nowhere near 256 times as much', (_, size, make) => {
  const [few, many] = [make(size / 16), make(size)];
  const ledger = (events: readonly KeptEvent[]) => leastTime(() => buildLedger({ events, definition, days }));
  const timeline = (events: readonly KeptEvent[]) =>
    leastTime(() => buildTimeline({ events, definition, days, asOf: 0 }, { cart_key: 'c' }));
  ledger(few);
  // Below some milliseconds times say nothing.
  expect(ledger(many)).toBeLessThan(100 * Math.max(ledger(few), 6));
  expect(timeline(many)).toBeLessThan(100 * Math.max(timeline(few), 6));
});
