import { BUILT_IN_TYPES, CHECKOUT_STEPS, type EventType } from '@cartledger/events';
import type { StagePredicate } from '../definition.ts';
import type { KeptEvent } from './kept-event.ts';
import { matches } from './predicates.ts';

/** Which stages an event matches: bit k for stage k. */
type StageMask = (event: KeptEvent) => number;

export type Stages = {
  count: number;
  ofEvent: StageMask;
  /** The stages an order matches. */
  ofOrder: number;
};

const BUILT_IN_STAGES: ReadonlySet<string> = new Set([
  ...BUILT_IN_TYPES,
  ...CHECKOUT_STEPS.map((step) => `checkout.${step}`),
]);

const isBuiltIn = (name: string): boolean => BUILT_IN_STAGES.has(name) || name.startsWith('custom:');

/**
 * Stages as predicates: an event type, `checkout.STEP` for one step, or a name of the store's own; `purchase` matches
 * orders and never raw purchase events.
 */
export const createStages = (
  names: readonly string[],
  predicates: Readonly<Record<string, StagePredicate>> = {},
): Stages => {
  const masks = new Map<string, number>();
  const byType = new Map<EventType, { predicate: StagePredicate; bit: number }[]>();
  names.forEach((name, k) => {
    const bit = 1 << k;
    const predicate = isBuiltIn(name) || !Object.hasOwn(predicates, name) ? undefined : predicates[name];
    if (!predicate) masks.set(name, (masks.get(name) ?? 0) | bit);
    else byType.set(predicate.type, [...(byType.get(predicate.type) ?? []), { predicate, bit }]);
  });
  const ofOrder = masks.get('purchase') ?? 0;
  const ofEvent: StageMask = (event) => {
    const { type } = event;
    if (type === 'purchase') return 0;
    let mask = masks.get(type) ?? 0;
    if (type === 'checkout') mask |= masks.get(`checkout.${event.checkout_step ?? 'start'}`) ?? 0;
    if (byType.size > 0)
      for (const { predicate, bit } of byType.get(type) ?? []) if (matches(predicate, event)) mask |= bit;
    return mask;
  };
  return { count: names.length, ofEvent, ofOrder };
};
