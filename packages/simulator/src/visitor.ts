/**
 * One browser in one store: what it does is sent as events and, at the same moment, written down as facts. Every
 * method acts at the world's present time.
 */
import { CHECKOUT_STEPS, type Item, type StoreEvent } from '@cartledger/events';
import { DEFAULT_STAGES } from '@cartledger/funnel';
import { type CartBook, openCartBook } from './cart-book.ts';
import type { Product } from './catalogue.ts';
import type { CartLine, ChainFact } from './facts.ts';
import { pickSurroundings } from './surroundings.ts';
import { type ClientClock, createClientClock } from './wire.ts';
import type { World } from './world.ts';

type Session = { id: string; unitId: string; day: string; chains: ChainFact[] };

/** A visitor's habits, for life. */
type Habits = {
  /** The shop names carts; else a cart hangs on the visitor alone. */
  hasCartIds: boolean;
  /** The tracker names sessions; else they are told by the gaps. */
  hasSessionIds: boolean;
  /** Adds tell the whole cart. */
  addsAreSnapshots: boolean;
  currency: string;
  customer_id: string | undefined;
  clock: ClientClock;
};

export type Visitor = ReturnType<typeof createVisitor>;

const PURCHASE = DEFAULT_STAGES.indexOf('purchase');

export const itemOf = ({ product_id, variant_id, name, quantity, unit_price }: CartLine): Item => ({
  product_id,
  ...(variant_id === '' ? {} : { variant_id }),
  name,
  quantity,
  unit_price,
});

const createHabits = ({ random, store, newId }: World): Habits => ({
  hasCartIds: random.chance(0.6),
  hasSessionIds: random.chance(0.85),
  addsAreSnapshots: random.chance(0.1),
  currency: random.chance(0.8) ? (store.currencies[0] ?? store.definition.currency) : random.pick(store.currencies),
  customer_id: random.chance(0.3) ? newId('k') : undefined,
  clock: createClientClock(random),
});

export const createVisitor = (world: World, given: Partial<Habits> = {}) => {
  const { store, random, facts } = world;
  const visitor_id = world.newId('v');
  const habits: Habits = { ...createHabits(world), ...given };
  const surroundings = pickSurroundings(random);
  const chains: ChainFact[] = [];
  let session: Session | null = null;
  let cart: CartBook | null = null;

  const dayNow = (): string => store.calendar.dayOf(world.at);

  const send = (type: StoreEvent['type'], fields: Partial<StoreEvent> = {}): void => {
    world.send(
      {
        type,
        visitor_id,
        ...(habits.hasSessionIds && session !== null ? { session_id: session.id } : {}),
        ...(habits.customer_id === undefined ? {} : { customer_id: habits.customer_id }),
        source: 'browser',
        device: surroundings.device,
        ...fields,
      },
      world.at,
      habits.clock,
    );
  };

  /** The visitor, and its session once there is one. */
  const tracedUnits = () => {
    const visitor = { unit: 'visitor' as const, unitId: visitor_id, day: dayNow(), chains };
    return session === null ? [visitor] : [visitor, { unit: 'session' as const, ...session }];
  };

  /** A stage's event: it counts on its day, and moves on every journey that waits for it. */
  const reach = (stage: number): void => {
    for (const { unit, unitId, day, chains: open } of tracedUnits()) {
      facts.stages.push({ unit, unitId, day, stage });
      if (stage === 0) {
        const chain: ChainFact = { unit, unitId, day, times: [] };
        open.push(chain);
        facts.chains.push(chain);
      }
      for (const chain of open) if (chain.times.length === stage) chain.times.push(world.at);
    }
  };

  const cartIdField = (): { cart_id?: string } => (cart?.cart_id === undefined ? {} : { cart_id: cart.cart_id });
  const wholeCart = (): Partial<StoreEvent> => ({
    currency: habits.currency,
    items: cart?.contents().map(itemOf) ?? [],
  });

  const cartNow = (): CartBook => {
    if (cart !== null) return cart;
    const cart_id = habits.hasCartIds ? world.newId('c') : undefined;
    cart = openCartBook({ at: world.at, day: dayNow(), currency: habits.currency, cart_id });
    facts.carts.push(cart.fact);
    return cart;
  };

  return {
    visitor_id,
    habits,
    get cart(): CartBook | null {
      return cart;
    },
    get session_id(): string | undefined {
      return habits.hasSessionIds ? session?.id : undefined;
    },

    /** Comes to the shop anew: a session begins with a visit. */
    visit(): void {
      const id = world.newId('s');
      session = { id, unitId: `${visitor_id} ${id}`, day: dayNow(), chains: [] };
      const { campaign } = surroundings;
      send('visit', { page: { path: '/' }, ...(random.chance(0.5) ? { campaign } : {}) });
      reach(0);
      cart?.touch(world.at);
    },

    /** Is noticed without a visit: at a till, by a server. */
    appear(): void {
      const id = world.newId('s');
      session = { id, unitId: `${visitor_id} ${id}`, day: dayNow(), chains: [] };
    },

    /** Loads the entrance page again. */
    reload(): void {
      send('visit', { page: { path: '/' } });
      reach(0);
      cart?.touch(world.at);
    },

    view(product: Product): void {
      const { product_id, name, category } = product;
      const item = { product_id, name, category, quantity: 1, unit_price: product.prices[habits.currency] ?? 0 };
      send('product_view', {
        page: { path: `/products/${product_id}` },
        currency: habits.currency,
        items: [item],
        ...(random.chance(0.5) ? cartIdField() : {}),
      });
      reach(1);
      cart?.touch(world.at);
    },

    add(line: CartLine): void {
      const book = cartNow();
      book.act(world.at);
      book.add(line);
      send('add_to_cart', {
        ...cartIdField(),
        ...(habits.addsAreSnapshots
          ? { ...wholeCart(), cart_snapshot: true }
          : { currency: habits.currency, items: [itemOf(line)] }),
      });
      reach(2);
    },

    remove(line: CartLine, quantity: number): void {
      cart?.act(world.at);
      cart?.remove(line, quantity);
      send('remove_from_cart', { ...cartIdField(), currency: habits.currency, items: [itemOf({ ...line, quantity })] });
    },

    viewCart(showsItems: boolean): void {
      cart?.act(world.at);
      send('cart_view', { ...cartIdField(), page: { path: '/cart' }, ...(showsItems ? wholeCart() : {}) });
    },

    /** Empties the cart at one stroke. */
    clearCart(): void {
      cart?.act(world.at);
      cart?.empty();
      send('cart_view', { ...cartIdField(), page: { path: '/cart' }, items: [] });
    },

    /** Goes to the step of the checkout at this position; with items it tells the whole cart. */
    checkout(step: number, showsItems: boolean): void {
      cart?.act(world.at);
      cart?.reachStep(step);
      const checkout_step = CHECKOUT_STEPS[step];
      send('checkout', {
        ...cartIdField(),
        page: { path: '/checkout' },
        ...(checkout_step === undefined || (step === 0 && random.chance(0.3)) ? {} : { checkout_step }),
        ...(showsItems ? wholeCart() : {}),
      });
      reach(3);
    },

    friction(code: string): void {
      cart?.touch(world.at);
      cart?.hitFriction(code);
      send('friction', { ...cartIdField(), friction: { code } });
    },

    /** Something of the shop's own that means nothing to any report. */
    wish(product: Product): void {
      send('custom:wishlist', { properties: { product_id: product.product_id } });
    },

    /** A page drawn from what was just bought. */
    lookAtBoughtCart(cart_id: string | undefined, items: Item[]): void {
      send('cart_view', { ...(cart_id === undefined ? {} : { cart_id }), currency: habits.currency, items });
    },

    /** Opens a cart of its own by a checkout that tells what it is about. */
    buyNow(line: CartLine): void {
      cart = openCartBook({ at: world.at, day: dayNow(), currency: habits.currency, cart_id: undefined });
      facts.carts.push(cart.fact);
      cart.add(line);
      cart.reachStep(0);
      send('checkout', { checkout_step: 'start', currency: habits.currency, items: [itemOf(line)] });
      reach(3);
    },

    /** Goes on with a cart that another device filled, under the id it has there. */
    takeOver(other: CartBook): void {
      cart = other;
      other.act(world.at);
      send('cart_view', { ...cartIdField(), ...wholeCart() });
    },

    /** An order counts for the visitor and its session, also one of which only the shop's server tells. */
    reachPurchase(): void {
      reach(PURCHASE);
    },

    leaveCart(): void {
      cart = null;
    },
  };
};
