/** What a stage matches (definitions.md 5). Nothing is coerced. */
import type { Definition, PropertyTest, StagePredicate } from '../definition.ts';
import type { KeptEvent } from './kept.ts';

/** Whether an event matches a stage. Purchases never do: orders are the stage `purchase`. */
export const matchesStage = (
  stage: string,
  e: KeptEvent,
  { stage_predicates }: Pick<Definition, 'stage_predicates'>,
): boolean => {
  if (e.type === 'purchase') return false;
  const own = Object.hasOwn(stage_predicates, stage) ? stage_predicates[stage] : undefined;
  if (own !== undefined) return passes(own, e);
  return stage === e.type || (e.type === 'checkout' && stage === `checkout.${stepOf(e)}`);
};

const stepOf = (e: KeptEvent): string => e.checkout_step ?? 'start';

const passes = (predicate: StagePredicate, e: KeptEvent): boolean => {
  if (predicate.type !== e.type) return false;
  if (predicate.checkout_step !== undefined && predicate.checkout_step !== stepOf(e)) return false;
  return predicate.properties.every((test) => passesTest(test, e.properties ?? {}));
};

const passesTest = (test: PropertyTest, properties: Record<string, unknown>): boolean => {
  const isThere = Object.hasOwn(properties, test.property);
  if ('exists' in test) return isThere === test.exists;
  if (!isThere) return false;
  const value = properties[test.property];
  if ('equals' in test) return value === test.equals;
  if ('in' in test) return test.in.some((one) => value === one);
  if ('prefix' in test) return typeof value === 'string' && value.startsWith(test.prefix);
  if ('less_than' in test) return typeof value === 'number' && value < test.less_than;
  return typeof value === 'number' && value > test.greater_than;
};
