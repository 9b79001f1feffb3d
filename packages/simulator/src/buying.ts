/** From a full cart to the money, and what follows it. */
import { lineOf, look, type Shopper } from './basket.ts';
import type { CartLine } from './facts.ts';
import { type OrderPlan, type PlacedOrder, placeOrder, type Telling } from './order.ts';
import { itemOf } from './visitor.ts';
import type { Script } from './world.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const TELLINGS: readonly (readonly [Telling, number])[] = [
  ['browser_and_webhook', 70],
  ['browser', 15],
  ['server', 10],
  ['webhook', 5],
];

/** What is ordered of the cart: mostly just it; the first line always stays, so that order and cart share a product. */
const orderLines = (shopper: Shopper): CartLine[] => {
  const { world, visitor } = shopper;
  const { random } = world;
  const lines = visitor.cart?.contents() ?? [];
  return random.weighted<() => CartLine[]>([
    [() => lines, 82],
    [() => [...lines, giftFor(shopper, lines)], 8],
    [() => lines.filter((_, index) => index === 0 || random.chance(0.5)), 4],
    [() => lines.map((line) => ({ ...line, unit_price: Math.ceil(line.unit_price * 0.9) })), 4],
    [() => lines.map((line, index) => (index === 0 ? { ...line, quantity: line.quantity + 1 } : line)), 2],
  ])();
};

/** Something that is not in the cart. */
const giftFor = (shopper: Shopper, lines: readonly CartLine[]): CartLine => {
  const { world } = shopper;
  const others = world.store.catalogue.filter(
    ({ product_id }) => !lines.some((line) => line.product_id === product_id),
  );
  return lineOf(shopper, world.random.pick(others));
};

/** Orders what is in the cart now, and lives with it. `mayOfferMore`: no other cart of the visitor stands open. */
export function* buy(shopper: Shopper, mayOfferMore: boolean): Script {
  const { world, pace, visitor } = shopper;
  const { random } = world;
  const bought = visitor.cart;
  const telling = random.weighted(TELLINGS);
  yield pace.click();
  const lines = orderLines(shopper);
  const order = placeOrder(world, visitor, { lines, telling, withoutCart: null });

  if (mayOfferMore && random.chance(0.1)) {
    yield pace.click();
    visitor.lookAtBoughtCart(bought?.cart_id, bought?.contents().map(itemOf) ?? []);
  }
  if (mayOfferMore && random.chance(0.03)) {
    yield pace.click();
    orderWithoutCart(shopper, 'cart_already_bought', [giftFor(shopper, bought?.contents() ?? [])]);
  }
  yield* live(shopper, order, lines, telling);
}

/** Reloads, looks around, has the order changed, gives things back. */
function* live(shopper: Shopper, order: PlacedOrder, lines: readonly CartLine[], telling: Telling): Script {
  const { world, pace, visitor } = shopper;
  const { random } = world;
  if (telling.startsWith('browser') && random.chance(0.15)) {
    yield random.int(MINUTE_MS, 20 * MINUTE_MS);
    order.reload();
  }
  if (random.chance(0.1)) yield* look(shopper, random.int(1, 2));
  if (random.chance(0.03)) {
    yield random.int(MINUTE_MS, 25 * MINUTE_MS);
    // The first line stays: an order that shares nothing with its cart would be taken for another one.
    order.edit([...lines.slice(0, 1), giftFor(shopper, lines)]);
  }
  if (random.chance(0.02)) {
    yield pace.click();
    order.claimRefund();
  }
  if (telling.startsWith('browser') && random.chance(0.03)) {
    // Opens the page from history on another day.
    yield random.int(1, 3) * DAY_MS;
    visitor.visit();
    yield pace.click();
    order.reload();
  }
  if (random.chance(0.06)) {
    yield random.int(2 * DAY_MS, 12 * DAY_MS);
    const kind = random.weighted([
      ['refund', 80],
      ['cancelled', 12],
      ['chargeback', 8],
    ] as const);
    order.refund(kind, kind === 'refund' && random.chance(0.5) ? 0.4 : 1);
  }
}

/** An order that no cart leads to. */
export const orderWithoutCart = (
  { world, visitor }: Shopper,
  withoutCart: NonNullable<OrderPlan['withoutCart']>,
  lines: readonly CartLine[],
  more: Partial<OrderPlan> = {},
): PlacedOrder =>
  placeOrder(world, visitor, {
    lines,
    telling: world.random.chance(0.8) ? 'browser_and_webhook' : 'browser',
    withoutCart,
    // Only lines show that nothing is shared with a cart.
    terms: { told: 'lines' },
    ...more,
  });
