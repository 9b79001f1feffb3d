import type { CheckoutStep, EventType } from '@cartledger/events';
import type { KeptEvent } from './kept-event.ts';

const RANKS: Readonly<Record<string, number>> = {
  visit: 0,
  product_view: 1,
  add_to_cart: 2,
  remove_from_cart: 3,
  cart_view: 4,
  friction: 9,
  purchase: 10,
  refund: 11,
};
const STEP_RANKS: Readonly<Record<CheckoutStep, number>> = { start: 5, contact: 6, shipping: 7, payment: 8 };
const CUSTOM_RANK = 12;

/** The place of an order among events of its instant. */
export const PURCHASE_RANK = 10;

/** The fixed rank by which events of one instant stand, whatever the funnel. */
export const rankOf = (event: { type: EventType; checkout_step?: CheckoutStep }): number =>
  event.type === 'checkout'
    ? STEP_RANKS[event.checkout_step ?? 'start']
    : ((Object.hasOwn(RANKS, event.type) ? RANKS[event.type] : undefined) ?? CUSTOM_RANK);

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

/**
 * Compares strings as their UTF-8 bytes compare, which is by code point. JavaScript's own order is by UTF-16 unit
 * and puts an emoji before U+E000 to U+FFFF.
 */
export const compareUtf8 = (a: string, b: string): number => {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    if (isSurrogate(x) !== isSurrogate(y)) return isSurrogate(x) ? 1 : -1;
    return x - y;
  }
  return a.length - b.length;
};

/** The order of events: (event time, rank, event_id, visitor_id, occurred_at). */
export const compareEvents = (a: KeptEvent, b: KeptEvent): number =>
  a.event_time - b.event_time ||
  rankOf(a) - rankOf(b) ||
  compareUtf8(a.event_id, b.event_id) ||
  compareUtf8(a.visitor_id, b.visitor_id) ||
  a.occurred_at - b.occurred_at;
