import type { DefinitionVersion } from '../definition.ts';
import type { Money } from './arithmetic.ts';
import { type Contents, foldContents, worthOf } from './contents.ts';
import type { DayOf } from './days.ts';
import { type CartLife, lifeOf } from './states.ts';
import type { Cart } from './stretches.ts';
import { definitionOn } from './versions.ts';

/** A cart as the reports count it at T. */
export type CountedCart = {
  cart: Cart;
  /** Time of its first event, a merged own cart's included, and the local day it lies in. */
  openedAt: number;
  openedOn: string;
  contents: Contents;
  value: Money;
  life: CartLife;
  /** When its recovery window is over: time alone changes nothing any more; null of one that was ordered. */
  settlesAt: number | null;
};

/** A cart lives by the thresholds of the version in force on the day it was opened. */
export const countCart = (
  cart: Cart,
  versions: readonly DefinitionVersion[],
  tieToleranceMs: number,
  dayOf: DayOf,
  asOf: number,
): CountedCart => {
  const openedAt = cart.events[0]?.time ?? 0;
  const openedOn = dayOf(openedAt);
  const contents = foldContents(cart.events, tieToleranceMs);
  const thresholds = definitionOn(versions, openedOn);
  const life = lifeOf(cart.events, contents.after, cart.order?.ordered_at ?? null, thresholds, asOf);
  return {
    cart,
    openedAt,
    openedOn,
    contents,
    value: worthOf(contents.counted, contents.prices),
    life,
    settlesAt: cart.order === null ? life.lastActivityAt + thresholds.abandon_ms + thresholds.recovery_ms : null,
  };
};
