import type { EventType, Item } from '@cartledger/events';
import type { KeptEvent } from './kept-event.ts';

const CART_EVENTS: ReadonlySet<EventType> = new Set(['add_to_cart', 'remove_from_cart', 'cart_view', 'checkout']);

export const isCartEvent = (event: KeptEvent): boolean => CART_EVENTS.has(event.type);

const listsItems = ({ items }: KeptEvent): boolean => items !== undefined && items.length > 0;

/** An add whose items are empty is at most a snapshot. */
export const isAdd = (event: KeptEvent): boolean => event.type === 'add_to_cart' && listsItems(event);

/** A page that shows the cart, which is what a thank-you page may look like. */
export const isCartPage = ({ type }: KeptEvent): boolean => type === 'cart_view' || type === 'checkout';

/** An add (by type), a remove or a cart_view makes the cart_id that it carries known. */
export const makesIdKnown = ({ type }: KeptEvent): boolean =>
  type === 'add_to_cart' || type === 'remove_from_cart' || type === 'cart_view';

/** The whole cart as the event states it; null when it is no snapshot. An empty list empties only where it can be meant. */
export const snapshotOf = (event: KeptEvent): readonly Item[] | null => {
  const { type, items, cart_snapshot } = event;
  if (items === undefined) return null;
  if (type === 'add_to_cart') return cart_snapshot === true ? items : null;
  if (type === 'cart_view') return items;
  if (type === 'checkout') return items.length > 0 ? items : null;
  return null;
};

/** A cart opens at an add or at a snapshot with items. */
export const opensCart = (event: KeptEvent): boolean => isAdd(event) || (snapshotOf(event)?.length ?? 0) > 0;
