import { DAY_MS, MINUTE_MS, type WithoutCartReason } from '../definition.ts';
import type { Cart, Order } from './cart-and-order.ts';
import { isAdd, isCartEvent, isCartPage, makesIdKnown, opensCart } from './cart-events.ts';
import type { Entry } from './history.ts';
import { type CartId, endByGap, endByOrder, newCartId, newShopper, noteCarried, type Shopper } from './stretches.ts';
import type { PassTracer, PlaceRule } from './tracer.ts';

const STRETCH_GAP_MS = 30 * DAY_MS;
const RESIDUE_MS = 30 * MINUTE_MS;
const ALREADY_BOUGHT_MS = DAY_MS;

const newCart = (id: Cart['id'], opening: Entry): Cart => ({
  id,
  opening,
  entries: [],
  last: opening,
  products: new Set(),
  order: null,
});

const append = (cart: Cart, entry: Entry): void => {
  cart.entries.push(entry);
  if (entry.position > cart.last.position) cart.last = entry;
  if (!isCartEvent(entry.event)) return;
  for (const item of entry.event.items ?? []) cart.products.add(item.product_id);
};

const sharesProduct = ({ winner }: Order, cart: Cart): boolean => {
  const { items } = winner.event;
  return !items || items.length === 0 || items.some((item) => cart.products.has(item.product_id));
};

/**
 * The one pass of definitions.md 3: goes through the events (but purchases and refunds) and the orders in order and
 * gives each event its cart, each order the cart it joins or the reason why none. Orders must come sorted; their
 * `cart`, `withoutCartReason` and, where the cart decides, visitor and session are set. Answers the carts, each
 * with its events in order.
 */
export const passCarts = (
  entries: readonly Entry[],
  orders: readonly Order[],
  { tie_tolerance_ms }: { tie_tolerance_ms: number },
  trace?: PassTracer,
): Cart[] => {
  const carts = new Set<Cart>();
  const shoppers = new Map<string, Shopper>();
  const ids = new Map<string, CartId>();
  const placeOf = new Map<Order, number>();
  let place = 0;

  const shopperOf = (visitor_id: string): Shopper => {
    let shopper = shoppers.get(visitor_id);
    if (!shopper) {
      shopper = newShopper(visitor_id);
      shoppers.set(visitor_id, shopper);
    }
    return shopper;
  };

  const idOf = (cart_id: string): CartId => {
    let id = ids.get(cart_id);
    if (!id) {
      id = newCartId(cart_id);
      ids.set(cart_id, id);
    }
    return id;
  };

  const openCart = (id: CartId | null, opening: Entry): Cart => {
    if (id) id.carts++;
    const cart = newCart(id && { cart_id: id.cart_id, n: id.carts }, opening);
    carts.add(cart);
    return cart;
  };

  const carry = (shopper: Shopper, id: CartId): void => {
    const { own } = shopper;
    if (own) {
      id.open ??= openCart(id, own.opening);
      trace?.merged(own, id.open);
      for (const entry of own.entries) append(id.open, entry);
      carts.delete(own);
      shopper.own = null;
    }
    noteCarried(shopper, id);
  };

  const tell =
    trace &&
    ((entry: Entry, rule: PlaceRule, cart: Cart | null, key: CartId | null, wasKnown: boolean): void => {
      const { cart_id } = entry.event;
      const known = cart_id !== undefined && ids.get(cart_id)?.known === true;
      const of = key && { cart_id: key.cart_id, carts: key.carts };
      const [unknownId, madeKnown] = [cart_id !== undefined && !known, known && !wasKnown];
      trace.placed(entry, { rule, cart, key: of, unknownId, madeKnown });
    });

  const endGap = (shopper: Shopper, by: Entry | Order): void => {
    endByGap(shopper);
    trace?.stretchEnded({ visitor_id: shopper.visitor_id, rule: 'gap', by, carriedOn: null });
  };

  const endJoin = (shopper: Shopper, order: Order): void => {
    endByOrder(shopper, order);
    const carriedOn = shopper.lastCarried?.cart_id ?? null;
    trace?.stretchEnded({ visitor_id: shopper.visitor_id, rule: 'order', by: order, carriedOn });
  };

  const isResidue = (shopper: Shopper, id: CartId | null, time: number): boolean => {
    if (id?.open) return false;
    const lastAdd = Math.max(shopper.lastAdd, id?.lastAdd ?? -1);
    const follows = (order: Order | null | undefined): boolean =>
      !!order && time - order.ordered_at <= RESIDUE_MS && lastAdd < (placeOf.get(order) ?? -1);
    return follows(shopper.lastOrder) || follows(shopper.lastEnding) || follows(id?.closedBy);
  };

  const passEvent = (entry: Entry): void => {
    const { event, time } = entry;
    const shopper = shopperOf(event.visitor_id);
    const named = event.cart_id === undefined ? null : idOf(event.cart_id);
    const ofCart = isCartEvent(event);
    if (ofCart && shopper.lastMark !== null && time - shopper.lastMark >= STRETCH_GAP_MS) endGap(shopper, entry);

    const wasKnown = named?.known ?? false;
    if (isCartPage(event) && isResidue(shopper, wasKnown ? named : null, time)) {
      shopper.lastMark = time;
      tell?.(entry, 'residue', null, named, wasKnown);
      return;
    }
    if (named && makesIdKnown(event)) named.known = true;
    const id = named?.known ? named : null;
    if (id) carry(shopper, id);
    if (ofCart || id) shopper.lastMark = time;
    if (isAdd(event)) {
      shopper.lastAdd = place;
      if (id) id.lastAdd = place;
    }
    const key = id ?? shopper.lastCarried;
    if (!id && event.type.startsWith('custom:')) {
      tell?.(entry, 'custom_without_id', null, key, wasKnown);
      return;
    }

    let cart = key ? key.open : shopper.own;
    if (!cart) {
      if (!opensCart(event)) {
        tell?.(entry, key && key.carts > 0 ? 'after_closing' : 'before_opening', null, key, wasKnown);
        return;
      }
      cart = openCart(key, entry);
      if (key) key.open = cart;
      else shopper.own = cart;
    }
    append(cart, entry);
    tell?.(entry, id ? 'known_id' : key ? 'carried_id' : 'own_cart', cart, key, wasKnown);
  };

  const reasonOf = (order: Order, id: CartId | null, key: CartId | null, shopper: Shopper): WithoutCartReason => {
    if (order.channel !== 'web') return 'other_channel';
    if (id) return id.carts > 0 ? 'cart_already_bought' : 'no_add_seen';
    if (key ? key.open : shopper.own) return 'no_common_product';
    const previous = shopper.previousEndedBy;
    return previous && order.ordered_at - previous.ordered_at <= ALREADY_BOUGHT_MS
      ? 'cart_already_bought'
      : 'no_add_seen';
  };

  const join = (order: Order, cart: Cart, owner: CartId | Shopper): void => {
    order.cart = cart;
    cart.order = order;
    if (!order.placedByVisitor) {
      order.visitor_id = cart.last.event.visitor_id;
      order.session = cart.last.session;
    }
    if (!('cart_id' in owner)) {
      endJoin(owner, order);
      return;
    }
    owner.open = null;
    owner.closedBy = order;
    for (const shopper of [...owner.carriers]) endJoin(shopper, order);
  };

  const passOrder = (order: Order): void => {
    placeOf.set(order, place);
    const shopper = shopperOf(order.visitor_id);
    const id = knownIdOf(order);
    if (id && order.placedByVisitor) carry(shopper, id);
    if (!id && shopper.lastMark !== null && order.ordered_at - shopper.lastMark >= STRETCH_GAP_MS)
      endGap(shopper, order);

    const key = id ?? shopper.lastCarried;
    const cart = key ? key.open : shopper.own;
    if (cart && (id || sharesProduct(order, cart))) {
      trace?.joined(order, id ? 'known_id' : key ? 'carried_id' : 'own_cart');
      join(order, cart, key ?? shopper);
    } else {
      order.withoutCartReason = reasonOf(order, id, key, shopper);
      trace?.notJoined(order, cart);
    }
    shopperOf(order.visitor_id).lastOrder = order;
  };

  const knownIdOf = ({ deliveries }: Order): CartId | null => {
    for (const { event } of deliveries) {
      const id = event.cart_id === undefined ? undefined : ids.get(event.cart_id);
      if (id?.known) return id;
    }
    return null;
  };

  let next = 0;
  const passOrdersBefore = (time: number): void => {
    for (let order = orders[next]; order && order.ordered_at + tie_tolerance_ms < time; order = orders[++next]) {
      place++;
      passOrder(order);
    }
  };
  for (const entry of entries) {
    if (entry.event.type === 'purchase' || entry.event.type === 'refund') continue;
    passOrdersBefore(entry.time);
    place++;
    passEvent(entry);
  }
  passOrdersBefore(Number.POSITIVE_INFINITY);

  for (const cart of carts) cart.entries.sort((a, b) => a.position - b.position);
  return [...carts];
};
