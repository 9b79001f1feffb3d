/** The order of events, the same everywhere whatever the funnel (definitions.md 1). */
import type { StoreEvent } from '@cartledger/events';
import type { KeptEvent } from './kept.ts';

const RANKS: Record<string, number> = {
  visit: 0,
  product_view: 1,
  add_to_cart: 2,
  remove_from_cart: 3,
  cart_view: 4,
  'checkout.start': 5,
  'checkout.contact': 6,
  'checkout.shipping': 7,
  'checkout.payment': 8,
  friction: 9,
  purchase: 10,
  refund: 11,
};
const CUSTOM_RANK = 12;

export const rankOf = (e: StoreEvent): number =>
  RANKS[e.type === 'checkout' ? `checkout.${e.checkout_step ?? 'start'}` : e.type] ?? CUSTOM_RANK;

/** Compares as UTF-8 bytes, which is by code point: UTF-16 would put U+10000 and above before U+E000..U+FFFF. */
export const compareText = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a.charCodeAt(i) === b.charCodeAt(i)) continue;
    // Both stand behind the same units: a difference in the second half of a pair still decides rightly.
    return weight(a.charCodeAt(i)) - weight(b.charCodeAt(i));
  }
  return a.length - b.length;
};

const weight = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);

export const compareEvents = (a: KeptEvent, b: KeptEvent): number =>
  a.time - b.time ||
  a.rank - b.rank ||
  compareText(a.event_id, b.event_id) ||
  compareText(a.visitor_id, b.visitor_id) ||
  a.occurred_at - b.occurred_at;
