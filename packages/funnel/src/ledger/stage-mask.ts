import type { KeptEvent } from './kept-event.ts';

/** Which stages an event matches: bit k for stage k. */
type StageMask = (event: KeptEvent) => number;

export type Stages = {
  count: number;
  ofEvent: StageMask;
  /** The stages an order matches. */
  ofOrder: number;
};

/**
 * Stages as predicates: an event type, or `checkout.STEP` for one step; `purchase` matches orders and never raw
 * purchase events.
 */
export const createStages = (names: readonly string[]): Stages => {
  const masks = new Map<string, number>();
  names.forEach((name, k) => {
    masks.set(name, (masks.get(name) ?? 0) | (1 << k));
  });
  const ofOrder = masks.get('purchase') ?? 0;
  const ofEvent: StageMask = ({ type, checkout_step = 'start' }) => {
    if (type === 'purchase') return 0;
    const mask = masks.get(type) ?? 0;
    return type === 'checkout' ? mask | (masks.get(`checkout.${checkout_step}`) ?? 0) : mask;
  };
  return { count: names.length, ofEvent, ofOrder };
};
