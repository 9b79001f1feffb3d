/** Carts as they stand at T, from what their shoppers did. */
import type { Definition } from '@cartledger/funnel';
import type { CartFact, CartLine } from '../facts.ts';

export type CartState = 'active' | 'idle' | 'abandoned' | 'lost' | 'emptied' | 'purchased' | 'recovered';

export type StandingCart = { fact: CartFact; state: CartState; isLate: boolean; counted: CartLine[]; value: number };

const stateAt = (fact: CartFact, { idle_ms, abandon_ms, recovery_ms }: Definition, t: number): CartState => {
  if (fact.order !== null) return fact.abandoned === null ? 'purchased' : 'recovered';
  if (fact.lines.size === 0) return 'emptied';
  const since = t - fact.lastActivityAt;
  if (since < idle_ms) return 'active';
  if (since < abandon_ms) return 'idle';
  return since < abandon_ms + recovery_ms ? 'abandoned' : 'lost';
};

export const standAt = (fact: CartFact, definition: Definition, t: number): StandingCart => {
  const { order, abandoned } = fact;
  const counted = [...(fact.lines.size > 0 ? fact.lines : fact.before).values()];
  return {
    fact,
    state: stateAt(fact, definition, t),
    isLate: order !== null && abandoned !== null && order.orderedAt - abandoned.at >= definition.recovery_ms,
    counted,
    value: counted.reduce((sum, { quantity, unit_price }) => sum + quantity * unit_price, 0),
  };
};

export const isLeft = ({ state }: StandingCart): boolean => state === 'abandoned' || state === 'lost';
export const isStanding = ({ state }: StandingCart): boolean => state === 'active' || state === 'idle';
export const isEmptied = ({ state }: StandingCart): boolean => state === 'emptied';
export const isBought = ({ state }: StandingCart): boolean => state === 'purchased' || state === 'recovered';
