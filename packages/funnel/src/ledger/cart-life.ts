import type { CheckoutStep } from '@cartledger/events';
import { type Definition, POINTS, type Point } from '../definition.ts';
import type { Cart } from './cart-and-order.ts';
import { isAdd, isCartEvent } from './cart-events.ts';
import { type Contents, createContents } from './contents.ts';
import type { LifeTracer } from './tracer.ts';

const STEP_POINTS: Readonly<Record<CheckoutStep, number>> = { start: 1, contact: 2, shipping: 3, payment: 4 };

export type CartLife = {
  contents: Contents;
  lastActivityAt: number;
  /** 0 when no event or order has shown an abandonment. */
  firstAbandonedAt: number;
  lastAbandonedAt: number;
  /** furthest when it was last abandoned; '' when never. */
  abandonedPoint: '' | Point;
  revived: number;
  furthest: Point;
  hasCheckout: boolean;
  reason: string;
};

/**
 * Walks a cart's events in order (definitions.md 4): activity, abandonments, revivals, how far it came and what held
 * it up. An abandonment that only time has brought is not in it: readers see it in `lastActivityAt`.
 */
export const liveCart = (
  { entries, order }: Cart,
  definition: Pick<Definition, 'abandon_ms' | 'tie_tolerance_ms'>,
  trace?: LifeTracer,
): CartLife => {
  const contents = createContents(definition, trace?.ignored);
  const orderedAt = order?.ordered_at ?? Number.POSITIVE_INFINITY;
  let lastActivityAt = 0;
  let abandoned = false;
  let firstAbandonedAt = 0;
  let lastAbandonedAt = 0;
  let abandonedPoint: '' | Point = '';
  let revived = 0;
  let point = 0;
  let hasCheckout = false;
  let reason = 'none';
  const furthest = (): Point => POINTS[point] ?? 'cart';

  /** At its very instant an abandonment comes before any event; after the order there is none. */
  const abandonBefore = (time: number): void => {
    const at = lastActivityAt + definition.abandon_ms;
    if (abandoned || !contents.holdsItems() || at > time || at > orderedAt) return;
    abandoned = true;
    if (firstAbandonedAt === 0) firstAbandonedAt = at;
    lastAbandonedAt = at;
    abandonedPoint = furthest();
  };

  for (const entry of entries) {
    const { event, time } = entry;
    trace?.reached(entry, contents);
    abandonBefore(time);
    const revives = abandoned && isCartEvent(event);
    if (revives) {
      abandoned = false;
      revived++;
    }
    if (!abandoned) lastActivityAt = time;
    contents.apply(entry);
    trace?.lived(entry, { revived: revives, abandoned, lastActivityAt, contents });

    if (event.type === 'checkout') {
      hasCheckout = true;
      const reached = STEP_POINTS[event.checkout_step ?? 'start'];
      if (reached > point) {
        point = reached;
        reason = 'none';
      }
    }
    if (isAdd(event)) reason = 'none';
    if (event.type === 'friction') reason = event.friction?.code ?? 'none';
  }
  if (order) abandonBefore(order.ordered_at);

  return {
    contents,
    lastActivityAt,
    firstAbandonedAt,
    lastAbandonedAt,
    abandonedPoint,
    revived,
    furthest: furthest(),
    hasCheckout,
    reason,
  };
};
