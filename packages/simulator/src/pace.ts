/** How long shoppers take, against the store's own thresholds. */
import type { Definition } from '@cartledger/funnel';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@cartledger/funnel';
import type { Random } from './random.ts';

/** What separates two sessions whose tracker names none. */
const SESSION_GAP_MS = 30 * MINUTE_MS;
/** An order without a cart within this of the last bought one counts as that one's. */
const ALREADY_BOUGHT_MS = DAY_MS;
/** A cart event this long after the last begins another stretch. */
const STRETCH_MS = 30 * DAY_MS;

/** Waits in ms. `null`: the store's thresholds leave no room for it. */
export type Pace = {
  /** From one click to the next: more than the tolerance for ties, less than any threshold. */
  click(): number;
  /** Long enough for a new session, too short for abandonment. */
  breather(): number | null;
  /** Long enough to abandon the cart, and back within the recovery window. */
  away(): number;
  /** Back too late to recover in time, but within the same stretch. */
  longAway(): number | null;
  /** After which nothing earlier matters to funnels and orders. */
  anotherTime(): number;
  /** After which a visitor's cart is another one. */
  anotherStretch(): number;
};

export const createPace = (random: Random, definition: Definition): Pace => {
  const { idle_ms, abandon_ms, recovery_ms, tie_tolerance_ms, funnels } = definition;
  const shortest = Math.max(3_000, tie_tolerance_ms + 500);
  const longest = Math.max(shortest, Math.min(3 * MINUTE_MS, idle_ms / 4));
  const window = Math.max(0, ...funnels.map((funnel) => funnel.window_ms));
  const between = (least: number, most: number): number | null =>
    most - least < MINUTE_MS ? null : random.int(least, most);
  return {
    click: () => Math.round(shortest + random.next() ** 2 * (longest - shortest)),
    breather: () => between(Math.max(idle_ms, SESSION_GAP_MS) + MINUTE_MS, abandon_ms - MINUTE_MS),
    away: () => {
      const least = Math.max(abandon_ms, SESSION_GAP_MS) + 5 * MINUTE_MS;
      const most = Math.max(least, Math.min(abandon_ms + recovery_ms, STRETCH_MS - DAY_MS) - HOUR_MS);
      // Most come back soon.
      return Math.round(least + random.next() ** 4 * (most - least));
    },
    longAway: () => {
      const least = abandon_ms + recovery_ms + HOUR_MS;
      return between(least, Math.min(least + 5 * DAY_MS, STRETCH_MS - DAY_MS));
    },
    anotherTime: () => Math.max(window, ALREADY_BOUGHT_MS) + DAY_MS + random.int(0, 12 * DAY_MS),
    anotherStretch: () => STRETCH_MS + DAY_MS + random.int(0, 5 * DAY_MS),
  };
};
