/** The kinds of shoppers there are. */
import { checkOut, fill, lineOf, look, type Shopper } from './basket.ts';
import { buy, orderWithoutCart } from './buying.ts';
import { pickProduct } from './catalogue.ts';
import { placeOrder } from './order.ts';
import { createPace } from './pace.ts';
import { type Standing, shop } from './shopping.ts';
import { createVisitor } from './visitor.ts';
import { SERVER_CLOCK } from './wire.ts';
import type { Script, World } from './world.ts';

const createShopper = (world: World, habits: Parameters<typeof createVisitor>[1] = {}): Shopper => ({
  world,
  pace: createPace(world.random, world.store.definition),
  visitor: createVisitor(world, habits),
});

/** Comes, looks at a page or two, and goes. */
function* browse(shopper: Shopper): Script {
  const { world, pace, visitor } = shopper;
  visitor.visit();
  if (world.random.chance(0.1)) {
    yield pace.click();
    visitor.reload();
  }
  if (world.random.chance(0.6)) yield* look(shopper, world.random.int(1, 5));
}

/** Buys one thing past the cart, in a checkout that tells of no items. */
function* buyPastCart(shopper: Shopper): Script {
  const { pace, visitor } = shopper;
  visitor.visit();
  const product = yield* look(shopper, 1);
  yield* checkOut(shopper, 4);
  yield pace.click();
  orderWithoutCart(shopper, 'no_add_seen', [lineOf(shopper, product)]);
}

/** Buys one thing at once, in a checkout that tells of it and so makes a cart. */
function* buyNow(shopper: Shopper): Script {
  const { pace, visitor } = shopper;
  visitor.visit();
  const product = yield* look(shopper, 1);
  yield pace.click();
  visitor.buyNow(lineOf(shopper, product));
  yield* buy(shopper, true);
}

/** Fills a cart, then buys something else by one click: the cart stays. */
function* buySomethingElse(shopper: Shopper): Script {
  const { world, pace, visitor } = shopper;
  visitor.visit();
  yield* look(shopper, 1);
  // Nothing is taken out and forgotten: every product of the cart still shows.
  const product = pickProduct(world.random, world.store.catalogue);
  yield pace.click();
  visitor.add(lineOf(shopper, product));
  const others = world.store.catalogue.filter((other) => other !== product);
  yield pace.click();
  orderWithoutCart(shopper, 'no_common_product', [lineOf(shopper, world.random.pick(others))]);
  visitor.leaveCart();
}

/** Comes again and again, each time for something new. */
function* regular(world: World): Script {
  const { random } = world;
  const shopper = createShopper(world);
  const { visitor, pace } = shopper;
  let standing: Standing = { hasOpenCart: false };
  for (;;) {
    // A visitor whose carts have no ids has one cart until it is bought: it must not be filled for another story.
    const mayFill = visitor.habits.hasCartIds || !standing.hasOpenCart;
    const kind = random.weighted([
      ['browse', 78],
      ['shop', mayFill ? 19 : 0],
      ['buy_past_cart', standing.hasOpenCart ? 0 : 1],
      ['buy_now', standing.hasOpenCart ? 0 : 1],
    ] as const);
    if (kind === 'shop') standing = yield* shop(shopper, standing);
    else if (kind === 'browse') yield* browse(shopper);
    else if (kind === 'buy_past_cart') yield* buyPastCart(shopper);
    else yield* buyNow(shopper);

    if (random.chance(0.75)) return;
    if (standing.hasOpenCart && !visitor.habits.hasCartIds && random.chance(0.5)) {
      yield pace.anotherStretch();
      standing = { hasOpenCart: false };
    } else {
      yield pace.anotherTime();
    }
  }
}

/** Fills a cart on a phone and buys it on a computer. */
function* twoDevices(world: World): Script {
  const { random } = world;
  const customer_id = world.newId('k');
  const currency = random.pick(world.store.currencies);
  const phone = createShopper(world, { hasCartIds: true, currency, customer_id });
  const computer = createShopper(world, { hasCartIds: true, currency, customer_id });
  phone.visitor.visit();
  yield* fill(phone);
  const { cart } = phone.visitor;
  if (cart === null) return;
  if (random.chance(0.5)) {
    cart.abandon(world.store.definition.abandon_ms);
    yield phone.pace.away();
  } else {
    yield phone.pace.click();
  }
  phone.visitor.leaveCart();
  computer.visitor.visit();
  yield computer.pace.click();
  computer.visitor.takeOver(cart);
  yield* checkOut(computer, 4);
  yield* buy(computer, true);
}

/** Staff trying out the shop: the funnel sees them, the money does not. */
function* staff(world: World): Script {
  const shopper = createShopper(world);
  const { pace, visitor } = shopper;
  visitor.visit();
  yield* fill(shopper);
  yield* checkOut(shopper, 4);
  yield pace.click();
  const lines = visitor.cart?.contents() ?? [];
  placeOrder(world, visitor, { lines, telling: 'browser_and_webhook', withoutCart: null, test: true });
}

/** Buys at the till: nothing but the order is seen. */
function* till(world: World): Script {
  const shopper = createShopper(world);
  yield shopper.pace.click();
  shopper.visitor.appear();
  const product = pickProduct(world.random, world.store.catalogue);
  orderWithoutCart(shopper, 'other_channel', [lineOf(shopper, product)], { telling: 'server', channel: 'pos' });
}

/** Gives back what was bought before anybody counted. */
function* stranger(world: World): Script {
  const { store, random, facts } = world;
  yield 1_000;
  const product = pickProduct(random, store.catalogue);
  const total = product.prices[store.definition.currency] ?? 1;
  const { currency } = store.definition;
  world.send(
    {
      type: 'refund',
      visitor_id: world.newId('v'),
      order_id: world.newId('old'),
      refund_id: world.newId('r'),
      currency,
      amounts: { total },
      items: [{ product_id: product.product_id, quantity: 1, unit_price: total }],
    },
    world.at,
    SERVER_CLOCK,
  );
  facts.refunds.push({ day: store.calendar.dayOf(world.at), currency, total, items: total });
}

/** A whole life, from the world's present time on. */
export const createLife = (world: World): Script =>
  world.random.weighted<(world: World) => Script>([
    [regular, 940],
    [(w) => browse(createShopper(w)), 20],
    [(w) => buySomethingElse(createShopper(w, { hasCartIds: false })), 4],
    [twoDevices, 8],
    [staff, 3],
    [till, 8],
    [stranger, 2],
  ])(world);

/** The shortest life: one visit, one event, but for what the network makes of it. */
export const createGlimpse = function* (world: World): Script {
  yield 0;
  createShopper(world).visitor.visit();
};
