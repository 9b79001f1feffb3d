/** The life of a cart up to T: its state, how far it got, and why it was left (definitions.md 4). */
import { type Definition, POINTS, type Point } from '../definition.ts';
import type { Lines } from './contents.ts';
import { isAddWithItems, isCartEvent, type KeptEvent } from './kept.ts';

export type CartState = 'active' | 'idle' | 'abandoned' | 'lost' | 'emptied' | 'purchased' | 'recovered';

export type CartLife = {
  state: CartState;
  /** Recovered as late as the recovery window or later. */
  recoveredLate: boolean;
  /** A cart event came at least once after it was abandoned. */
  revived: boolean;
  furthest: Point;
  /** When it was first and last abandoned; null if it never was. */
  firstAbandonedAt: number | null;
  lastAbandonedAt: number | null;
  /** The point it had reached when it was last abandoned; null if it never was. */
  leftAt: Point | null;
  /** The code of the last friction after the last progress, else `none`. */
  reason: string;
  /** The last event that counts as activity: any while it was not abandoned, and what revived it. */
  lastActivityAt: number;
  /** It has at least one checkout event. */
  checkedOut: boolean;
};

export type Thresholds = Pick<Definition, 'idle_ms' | 'abandon_ms' | 'recovery_ms'>;

/**
 * @param events the cart's own, in order
 * @param after what it held after each of them
 * @param orderedAt the time of the order that closed it, null while none has
 */
export const lifeOf = (
  events: readonly KeptEvent[],
  after: readonly Lines[],
  orderedAt: number | null,
  thresholds: Thresholds,
  asOf: number,
): CartLife => {
  const end = orderedAt ?? asOf;
  let lastActivity = Number.POSITIVE_INFINITY;
  let holds = false;
  let abandonedNow = false;
  let firstAbandonedAt: number | null = null;
  let lastAbandonedAt: number | null = null;
  let leftAt: Point | null = null;
  let revived = false;
  let furthest = 0;
  let reason = 'none';

  const abandonIfDue = (upTo: number): void => {
    const dueAt = lastActivity + thresholds.abandon_ms;
    if (abandonedNow || !holds || dueAt > upTo || dueAt > end) return;
    abandonedNow = true;
    firstAbandonedAt ??= dueAt;
    lastAbandonedAt = dueAt;
    leftAt = POINTS[furthest] ?? 'cart';
  };

  events.forEach((e, i) => {
    // At the very instant it is due, abandonment comes before any event.
    abandonIfDue(e.time);
    if (!abandonedNow || isCartEvent(e)) {
      if (abandonedNow) revived = true;
      abandonedNow = false;
      lastActivity = e.time;
    }
    holds = (after[i]?.size ?? 0) > 0;

    const point = pointOf(e);
    if (isAddWithItems(e) || point > furthest) reason = 'none';
    furthest = Math.max(furthest, point);
    if (e.type === 'friction') reason = e.friction?.code ?? 'none';
  });
  abandonIfDue(end);

  const stateAtEnd = (): CartState => {
    if (orderedAt !== null) return lastAbandonedAt === null ? 'purchased' : 'recovered';
    if (!holds) return 'emptied';
    if (abandonedNow && lastAbandonedAt !== null) {
      return asOf < lastAbandonedAt + thresholds.recovery_ms ? 'abandoned' : 'lost';
    }
    return asOf - lastActivity < thresholds.idle_ms ? 'active' : 'idle';
  };
  const sinceAbandoned = orderedAt === null || lastAbandonedAt === null ? null : orderedAt - lastAbandonedAt;

  return {
    state: stateAtEnd(),
    recoveredLate: sinceAbandoned !== null && sinceAbandoned >= thresholds.recovery_ms,
    revived,
    furthest: POINTS[furthest] ?? 'cart',
    firstAbandonedAt,
    lastAbandonedAt,
    leftAt,
    reason,
    lastActivityAt: lastActivity,
    checkedOut: events.some((e) => e.type === 'checkout'),
  };
};

/** The position among POINTS that an event reaches. */
const pointOf = (e: KeptEvent): number =>
  e.type === 'checkout' ? POINTS.indexOf(`checkout.${e.checkout_step ?? 'start'}`) : 0;
