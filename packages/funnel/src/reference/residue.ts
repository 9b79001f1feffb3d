import { MINUTE_MS } from '../definition.ts';
import type { KeptEvent } from './kept.ts';
import { type KnownId, openCartOf, type PlacedOrder, type Visitor } from './stretches.ts';

const RESIDUE_MS = 30 * MINUTE_MS;

/**
 * A page drawn from what was just bought: a cart_view or checkout at most 30 min after the last order of its
 * visitor, or after the last that ended a stretch of his, or after the one that closed the last cart of its known
 * id, with no add since of that visitor or that carries that id. With an open cart of its known id it never is.
 */
export const isResidue = (e: KeptEvent, visitor: Visitor, known: KnownId | undefined): boolean => {
  if (e.type !== 'cart_view' && e.type !== 'checkout') return false;
  if (known !== undefined && openCartOf(known) !== null) return false;
  const justAfter = (last: PlacedOrder | null): boolean =>
    last !== null &&
    e.time - last.order.ordered_at <= RESIDUE_MS &&
    visitor.lastAdd < last.place &&
    (known === undefined || known.lastAdd < last.place);
  return justAfter(visitor.lastOrder) || justAfter(visitor.lastEnding) || justAfter(known?.closedBy ?? null);
};
