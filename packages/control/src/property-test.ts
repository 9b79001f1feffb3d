import {
  BUILT_IN_TYPES,
  type BuiltInType,
  CHECKOUT_STEPS,
  CUSTOM_NAME_PATTERN,
  type EventType,
} from '@cartledger/events';
import type { PropertyTest } from '@cartledger/funnel';
import { z } from 'zod';

const MAX_NAME = 64;
const MAX_TEXT = 256;
const MAX_LISTED = 100;
const MAX_TESTS = 10;

/** Names of properties stand in addresses, on command lines and in explanations. */
export const propertyName = z
  .string('not a string')
  .min(1, 'empty')
  .max(MAX_NAME, `longer than ${MAX_NAME} characters`)
  .refine((name) => name.isWellFormed() && !/\p{Cc}/u.test(name), 'not plain text');

const text = z.string('not a string').max(MAX_TEXT, `longer than ${MAX_TEXT} characters`);
const finite = z.number('not a number');

const TESTS = ['exists', 'equals', 'in', 'prefix', 'less_than', 'greater_than'] as const;

const given = z.strictObject({
  property: propertyName,
  exists: z.boolean('neither true nor false').optional(),
  equals: z.union([text, finite], 'neither a string nor a number').optional(),
  in: z
    .array(text, 'not a list of strings')
    .min(1, 'an empty list')
    .max(MAX_LISTED, `more than ${MAX_LISTED} values`)
    .optional(),
  prefix: text.min(1, 'empty: use exists: true').optional(),
  less_than: finite.optional(),
  greater_than: finite.optional(),
});

/** One test of one property, as definitions.md 5 has them: nothing else, and nothing coerced. */
const propertyTest = given.transform((test, context): PropertyTest => {
  const { property, exists, equals, in: listed, prefix, less_than, greater_than } = test;
  const named = TESTS.filter((name) => test[name] !== undefined);
  if (named.length === 1) {
    if (exists !== undefined) return { property, exists };
    if (equals !== undefined) return { property, equals };
    if (listed !== undefined) return { property, in: listed };
    if (prefix !== undefined) return { property, prefix };
    if (less_than !== undefined) return { property, less_than };
    if (greater_than !== undefined) return { property, greater_than };
  }
  context.addIssue({
    code: 'custom',
    message:
      named.length === 0
        ? `no test: give one of ${TESTS.join(', ')}`
        : `${named.length} tests (${named.join(', ')}): give one, and list the property again for the other`,
  });
  return z.NEVER;
});

const MATCHED: readonly BuiltInType[] = BUILT_IN_TYPES.filter((type) => type !== 'purchase');
type MatchedType = Exclude<EventType, 'purchase'>;

const isMatched = (type: string): type is MatchedType =>
  MATCHED.some((known) => known === type) ||
  (type.startsWith('custom:') && CUSTOM_NAME_PATTERN.test(type.slice('custom:'.length)));

/** Which events a stage of the store's own naming matches. */
export const stagePredicate = z
  .strictObject({
    type: z.string('not a string').transform((type, context): MatchedType => {
      if (isMatched(type)) return type;
      context.addIssue({
        code: 'custom',
        message:
          type === 'purchase'
            ? 'not to be matched by events: orders are the stage purchase'
            : `not an event type: use ${MATCHED.join(', ')} or custom:name`,
      });
      return z.NEVER;
    }),
    checkout_step: z.enum(CHECKOUT_STEPS, `not one of ${CHECKOUT_STEPS.join(', ')}`).optional(),
    properties: z.array(propertyTest, 'not a list').max(MAX_TESTS, `more than ${MAX_TESTS} tests`),
  })
  .refine(({ type, checkout_step }) => checkout_step === undefined || type === 'checkout', {
    path: ['checkout_step'],
    message: 'only events of type checkout have steps',
  })
  .transform(({ type, checkout_step, properties }) => ({
    type,
    ...(checkout_step !== undefined && { checkout_step }),
    properties,
  }));
