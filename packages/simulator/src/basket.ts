/** Filling a cart, and going through the checkout with it. */
import { CHECKOUT_STEPS } from '@cartledger/events';
import { type Product, pickProduct } from './catalogue.ts';
import type { CartLine } from './facts.ts';
import type { Pace } from './pace.ts';
import type { Visitor } from './visitor.ts';
import type { Script, World } from './world.ts';

/** One shopper at work. */
export type Shopper = { world: World; pace: Pace; visitor: Visitor };

const FRICTIONS: readonly (readonly [string, number])[] = [
  ['payment_declined', 30],
  ['shipping_cost_shown', 30],
  ['coupon_rejected', 15],
  ['form_error', 15],
  ['out_of_stock', 10],
];

export const lineOf = ({ world: { random }, visitor }: Shopper, product: Product): CartLine => ({
  product_id: product.product_id,
  variant_id: product.variants.length === 0 ? '' : random.pick(product.variants),
  name: product.name,
  quantity: random.chance(0.8) ? 1 : random.int(2, 4),
  unit_price: product.prices[visitor.habits.currency] ?? 0,
});

/** Looks at products; answers the last one. */
export function* look({ world, pace, visitor }: Shopper, times: number): Generator<number, Product, void> {
  let product = pickProduct(world.random, world.store.catalogue);
  for (let time = 0; time < times; time++) {
    product = pickProduct(world.random, world.store.catalogue);
    yield pace.click();
    visitor.view(product);
    if (world.random.chance(0.04)) {
      yield pace.click();
      visitor.wish(product);
    }
  }
  return product;
}

/** Adds one to four lines, with second thoughts: something always stays. */
export function* fill(shopper: Shopper): Script {
  const { world, pace, visitor } = shopper;
  const { random } = world;
  for (
    let left = random.weighted([
      [1, 60],
      [2, 25],
      [3, 10],
      [4, 5],
    ]);
    left > 0;
    left--
  ) {
    // Some add straight from a list.
    const product = yield* look(shopper, random.chance(0.1) ? 0 : random.int(1, 3));
    yield pace.click();
    visitor.add(lineOf(shopper, product));
  }
  const lines = visitor.cart?.contents() ?? [];
  if (lines.length > 1 && random.chance(0.25)) {
    const line = random.pick(lines);
    yield pace.click();
    visitor.remove(line, random.chance(0.7) ? line.quantity : 1);
  }
  if (random.chance(0.4)) {
    yield pace.click();
    visitor.viewCart(random.chance(0.6));
  }
}

/** Goes up to this many steps of the checkout from the start on, stumbling at times. */
export function* checkOut({ world, pace, visitor }: Shopper, steps: number): Script {
  const { random } = world;
  for (let step = 0; step < Math.min(steps, CHECKOUT_STEPS.length); step++) {
    // One-page checkouts jump.
    if (step > 0 && step < steps - 1 && random.chance(0.1)) continue;
    yield pace.click();
    visitor.checkout(step, random.chance(0.3));
    if (random.chance(0.06)) {
      yield pace.click();
      visitor.checkout(step, false);
    }
    if (random.chance(0.12)) {
      yield pace.click();
      visitor.friction(random.weighted(FRICTIONS));
    }
  }
}
