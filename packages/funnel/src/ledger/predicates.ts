import type { PropertyTest, StagePredicate } from '../definition.ts';
import type { KeptEvent } from './kept-event.ts';

type Properties = Readonly<Record<string, unknown>>;

/** An event's own property; undefined when it has none of that name. `null` is one. */
export const propertyOf = (properties: Properties | undefined, name: string): unknown =>
  properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;

/** Nothing is coerced: "1" is not 1, and a list or an object equals nothing. */
const passes = (test: PropertyTest, value: unknown): boolean => {
  if ('exists' in test) return (value !== undefined) === test.exists;
  if ('equals' in test) return value === test.equals;
  if ('in' in test) return typeof value === 'string' && test.in.includes(value);
  if ('prefix' in test) return typeof value === 'string' && value.startsWith(test.prefix);
  if (typeof value !== 'number') return false;
  return 'less_than' in test ? value < test.less_than : value > test.greater_than;
};

/** Whether an event is of a stage of the store's own naming. */
export const matches = (
  { type, checkout_step, properties: tests }: StagePredicate,
  event: Pick<KeptEvent, 'type' | 'checkout_step' | 'properties'>,
): boolean => {
  if (event.type !== type) return false;
  if (checkout_step !== undefined && type === 'checkout' && (event.checkout_step ?? 'start') !== checkout_step)
    return false;
  return tests.every((test) => passes(test, propertyOf(event.properties, test.property)));
};
