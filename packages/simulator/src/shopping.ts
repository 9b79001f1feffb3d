/** What a shopper does with a cart, told from its end: bought, left, emptied, come back to. */
import { checkOut, fill, look, type Shopper } from './basket.ts';
import { buy } from './buying.ts';
import type { Script } from './world.ts';

/** Whether a cart of the visitor stands open when it comes, or when it goes. */
export type Standing = { hasOpenCart: boolean };

/** All the way, or up to where it is left. */
const stepsToLeaveAt = ({ world: { random } }: Shopper): number =>
  random.weighted([
    [0, 55],
    [1, 12],
    [2, 12],
    [3, 13],
    [4, 8],
  ]);

function* empty({ world, pace, visitor }: Shopper): Script {
  if (world.random.chance(0.3)) {
    yield pace.click();
    visitor.clearCart();
    return;
  }
  for (const line of visitor.cart?.contents() ?? []) {
    yield pace.click();
    visitor.remove(line, line.quantity);
  }
}

/** Leaves the cart for this long, and comes to the shop again. */
function* leaveAndReturn({ world, visitor }: Shopper, awayMs: number): Script {
  visitor.cart?.abandon(world.store.definition.abandon_ms);
  yield awayMs;
  visitor.visit();
}

/** Back at a cart that stands abandoned. Answers whether it still stands open. */
function* carryOn(shopper: Shopper, hadOpenCart: boolean): Generator<number, boolean, void> {
  const { world, pace, visitor } = shopper;
  const { random } = world;
  const next = random.weighted([
    ['buy', 25],
    ['look_and_buy', 30],
    ['look_and_leave', 15],
    ['add_and_leave', 10],
    ['empty', 7],
    ['only_browse', 13],
  ] as const);
  switch (next) {
    case 'buy':
      // Straight from a reminder to the money: no cart event brings the cart back before the order does.
      yield* buy(shopper, !hadOpenCart);
      return false;
    case 'look_and_buy':
      yield pace.click();
      visitor.viewCart(random.chance(0.7));
      yield* checkOut(shopper, random.int(1, 4));
      yield* buy(shopper, !hadOpenCart);
      return false;
    case 'look_and_leave':
      yield pace.click();
      visitor.viewCart(random.chance(0.7));
      yield* checkOut(shopper, stepsToLeaveAt(shopper));
      return true;
    case 'add_and_leave':
      yield* fill(shopper);
      return true;
    case 'empty':
      yield* empty(shopper);
      return true;
    case 'only_browse':
      yield* look(shopper, random.int(1, 3));
      return true;
  }
}

/**
 * One cart from its first product on. Whatever becomes of it, nothing that follows later may join it: the caller
 * is told whether it stands open.
 */
export function* shop(shopper: Shopper, standing: Standing): Generator<number, Standing, void> {
  const { world, pace, visitor } = shopper;
  const { random } = world;
  visitor.visit();
  yield* look(shopper, random.int(0, 3));
  yield* fill(shopper);

  const end = random.weighted([
    ['buy', 24],
    ['leave', 40],
    ['pause', 6],
    ['return', 16],
    ['return_late', 4],
    ['empty', 10],
  ] as const);
  if (end === 'empty') {
    yield* checkOut(shopper, random.pick([0, 0, 0, 1, 2]));
    yield* empty(shopper);
    visitor.leaveCart();
    return { hasOpenCart: true };
  }
  const breather = end === 'pause' ? pace.breather() : null;
  if (breather !== null) {
    yield* checkOut(shopper, stepsToLeaveAt(shopper));
    yield breather;
    visitor.visit();
    yield pace.click();
    visitor.viewCart(true);
  }
  if (end === 'buy' || (breather !== null && random.chance(0.6))) {
    yield* checkOut(
      shopper,
      random.weighted([
        [4, 80],
        [3, 10],
        [1, 10],
      ]),
    );
    yield* buy(shopper, !standing.hasOpenCart);
    return standing;
  }
  yield* checkOut(shopper, stepsToLeaveAt(shopper));
  const awayMs = end === 'return' ? pace.away() : end === 'return_late' ? pace.longAway() : null;
  if (awayMs !== null) {
    yield* leaveAndReturn(shopper, awayMs);
    const isOpen = yield* carryOn(shopper, standing.hasOpenCart);
    if (!isOpen) return standing;
  }
  visitor.leaveCart();
  return { hasOpenCart: true };
}
