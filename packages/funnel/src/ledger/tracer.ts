import type { Cart, Order } from './cart-and-order.ts';
import type { Contents, IgnoredChange } from './contents.ts';
import type { Entry } from './history.ts';

/** Which rule of definitions.md 3 gave an event its cart, or none. */
export type PlaceRule =
  | 'known_id'
  | 'carried_id'
  | 'own_cart'
  | 'own_cart_merged'
  | 'residue'
  | 'before_opening'
  | 'after_closing'
  | 'custom_without_id';

export type Placed = {
  rule: PlaceRule;
  /** null: of no cart. */
  cart: Cart | null;
  /** The id that it follows, and how many carts that has had. */
  key: { cart_id: string; carts: number } | null;
  /** It carries an id that is not known, and counts as without one. */
  unknownId: boolean;
  /** It is what made its id known. */
  madeKnown: boolean;
};

/** Whose cart an order joined: its own id's, that of the id its visitor carries, or his own. */
export type JoinRule = 'known_id' | 'carried_id' | 'own_cart';

export type StretchEnd = {
  visitor_id: string;
  rule: 'gap' | 'order';
  /** What came after the gap, or the order that joined. */
  by: Entry | Order;
  /** The id that lives on in the next stretch. */
  carriedOn: string | null;
};

/** Told of each decision of the pass as it is taken; what is absent costs nothing. */
export type PassTracer = {
  placed(entry: Entry, placed: Placed): void;
  /** A visitor's own cart, which has its events still, becomes part of an id's. */
  merged(own: Cart, into: Cart): void;
  joined(order: Order, rule: JoinRule): void;
  /** `cart` is the open one that shares no product with it. */
  notJoined(order: Order, cart: Cart | null): void;
  stretchEnded(end: StretchEnd): void;
};

type Lived = { revived: boolean; abandoned: boolean; lastActivityAt: number; contents: Contents };

/** Told of a cart's life event by event. */
export type LifeTracer = {
  /** An add or remove that changed nothing. */
  ignored(entry: Entry, why: IgnoredChange): void;
  /** The event comes next: the contents are still those before it. */
  reached(entry: Entry, before: Contents): void;
  /** How it stands after the event. */
  lived(entry: Entry, after: Lived): void;
};
