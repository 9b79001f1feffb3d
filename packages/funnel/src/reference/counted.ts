import type { Definition } from '../definition.ts';
import type { Money } from './arithmetic.ts';
import { type Contents, foldContents, worthOf } from './contents.ts';
import type { DayOf } from './days.ts';
import { type CartLife, lifeOf } from './states.ts';
import type { Cart } from './stretches.ts';

/** A cart as the reports count it at T. */
export type CountedCart = {
  cart: Cart;
  /** Time of its first event, a merged own cart's included, and the local day it lies in. */
  openedAt: number;
  openedOn: string;
  contents: Contents;
  value: Money;
  life: CartLife;
};

export const countCart = (cart: Cart, definition: Definition, dayOf: DayOf, asOf: number): CountedCart => {
  const openedAt = cart.events[0]?.time ?? 0;
  const contents = foldContents(cart.events, definition.tie_tolerance_ms);
  return {
    cart,
    openedAt,
    openedOn: dayOf(openedAt),
    contents,
    value: worthOf(contents.counted, contents.prices),
    life: lifeOf(cart.events, contents.after, cart.order?.ordered_at ?? null, definition, asOf),
  };
};
