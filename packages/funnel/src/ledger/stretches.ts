import type { Cart, Order } from './cart-and-order.ts';

/** What the pass knows of a cart_id. */
export type CartId = {
  cart_id: string;
  known: boolean;
  /** How many carts it has had. */
  carts: number;
  open: Cart | null;
  /** The order that closed its last cart. */
  closedBy: Order | null;
  /** Place in the pass of the last add that carries it. */
  lastAdd: number;
  /** Visitors who carry it in their present stretch. */
  carriers: Set<Shopper>;
};

/** What the pass knows of a visitor: the present stretch of his time, and what outlives it. */
export type Shopper = {
  visitor_id: string;
  /** The present stretch's own cart, once it has opened and until it becomes part of an id's. */
  own: Cart | null;
  /** Ids carried in the present stretch, the last carried last. */
  carried: Set<CartId>;
  /** The last of them, which events without an id follow. */
  lastCarried: CartId | null;
  /** The order that ended the previous stretch; null when a gap did, or there is none. */
  previousEndedBy: Order | null;
  /** The last order that ended any stretch. */
  lastEnding: Order | null;
  /** The visitor's last order, joined or not. */
  lastOrder: Order | null;
  /** Time of the last cart event or event with a known id. */
  lastMark: number | null;
  /** Place in the pass of the last add with items. */
  lastAdd: number;
};

export const newCartId = (cart_id: string): CartId => ({
  cart_id,
  known: false,
  carts: 0,
  open: null,
  closedBy: null,
  lastAdd: -1,
  carriers: new Set(),
});

export const newShopper = (visitor_id: string): Shopper => ({
  visitor_id,
  own: null,
  carried: new Set(),
  lastCarried: null,
  previousEndedBy: null,
  lastEnding: null,
  lastOrder: null,
  lastMark: null,
  lastAdd: -1,
});

/** Makes the id the one last carried. */
export const noteCarried = (shopper: Shopper, id: CartId): void => {
  shopper.carried.delete(id);
  shopper.carried.add(id);
  shopper.lastCarried = id;
  id.carriers.add(shopper);
};

const begin = (shopper: Shopper): void => {
  for (const id of shopper.carried) id.carriers.delete(shopper);
  shopper.carried.clear();
  shopper.lastCarried = null;
  shopper.own = null;
};

/** A gap ends the stretch: nothing lives on. */
export const endByGap = (shopper: Shopper): void => {
  begin(shopper);
  shopper.previousEndedBy = null;
};

/** A join ends the stretch: the last id carried in it whose cart is open lives on. */
export const endByOrder = (shopper: Shopper, order: Order): void => {
  let survivor: CartId | null = null;
  for (const id of shopper.carried) if (id.open) survivor = id;
  begin(shopper);
  if (survivor) noteCarried(shopper, survivor);
  shopper.previousEndedBy = order;
  shopper.lastEnding = order;
};
