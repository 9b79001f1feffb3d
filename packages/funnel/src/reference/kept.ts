import type { Delivery } from '@cartledger/events';

/** The one delivery of an event that counts, with its event time (ms UTC) and its rank among events of one instant. */
export type KeptEvent = Delivery & { time: number; rank: number };

export const isCartEvent = (e: KeptEvent): boolean =>
  e.type === 'add_to_cart' || e.type === 'remove_from_cart' || e.type === 'cart_view' || e.type === 'checkout';

/** An add that adds something: one whose items are empty is only a snapshot. */
export const isAddWithItems = (e: KeptEvent): boolean => e.type === 'add_to_cart' && hasItems(e);

export const hasItems = (e: KeptEvent): boolean => e.items !== undefined && e.items.length > 0;

/** States the whole cart. `[]` empties on a cart_view or an add with `cart_snapshot` only; on a checkout it is as if absent. */
export const isSnapshot = (e: KeptEvent): boolean =>
  (e.type === 'cart_view' && e.items !== undefined) ||
  (e.type === 'checkout' && hasItems(e)) ||
  (e.type === 'add_to_cart' && e.cart_snapshot === true);
