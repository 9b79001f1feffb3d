import { inspect } from 'node:util';
import {
  BUILT_IN_TYPES,
  CHECKOUT_STEPS,
  CUSTOM_NAME_PATTERN,
  isCurrency,
  isJunkId,
  MAX_SHORT_ID_LENGTH,
  STORE_ID_PATTERN,
} from '@cartledger/events';
import { DAY_MS, DEFAULT_DEFINITION, type Definition, FUNNEL_MODES, FUNNEL_UNITS, HOUR_MS } from '@cartledger/funnel';
import { z } from 'zod';
import { ControlError } from './error.ts';
import type { DefinitionInput } from './port.ts';

const MAX_STAGES = 20;
const YEAR_MS = 366 * DAY_MS;

const stages = new Set<string>([...BUILT_IN_TYPES, ...CHECKOUT_STEPS.map((step) => `checkout.${step}`)]);

/** The zone's canonical name, or null when it is none. An offset such as +01:00 is none: it knows no daylight saving. */
const canonicalZone = (zone: string): string | null => {
  if (!/^[A-Za-z]/.test(zone)) return null;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
};

const ms = (min: number, max: number) =>
  z.int(`not a whole number of milliseconds`).min(min, `shorter than ${min} ms`).max(max, `longer than ${max} ms`);

const timeZone = z.string('not a string').transform((zone, context) => {
  const canonical = canonicalZone(zone);
  if (canonical !== null) return canonical;
  context.addIssue({ code: 'custom', message: 'not an IANA time zone, such as Europe/Berlin' });
  return z.NEVER;
});

const currency = z.string('not a string').refine(isCurrency, 'not an ISO 4217 currency code in capitals, such as EUR');

const stage = z
  .string('not a string')
  .refine(
    (name) =>
      stages.has(name) || (name.startsWith('custom:') && CUSTOM_NAME_PATTERN.test(name.slice('custom:'.length))),
    `not a stage: use an event type (${BUILT_IN_TYPES.join(', ')}), a checkout step (checkout.contact) or custom:name`,
  );

const definition = z
  .strictObject({
    time_zone: timeZone,
    currency,
    stages: z.array(stage, 'not a list').min(1, 'an empty list').max(MAX_STAGES, `more than ${MAX_STAGES} stages`),
    funnels: z
      .array(
        z.strictObject({
          unit: z.enum(FUNNEL_UNITS, `not one of ${FUNNEL_UNITS.join(', ')}`),
          mode: z.enum(FUNNEL_MODES, `not one of ${FUNNEL_MODES.join(', ')}`),
          window_ms: ms(1, YEAR_MS),
        }),
        'not a list',
      )
      .min(1, 'an empty list')
      .max(12, 'more than 12 funnels')
      .refine(
        (funnels) => new Set(funnels.map((f) => `${f.unit}/${f.mode}/${f.window_ms}`)).size === funnels.length,
        'the same funnel twice',
      ),
    idle_ms: ms(1, 30 * DAY_MS),
    abandon_ms: ms(1, 30 * DAY_MS),
    recovery_ms: ms(1, YEAR_MS),
    tie_tolerance_ms: ms(0, HOUR_MS),
    max_age_days: z.int('not a whole number').min(1, 'fewer than 1 day').max(36_500, 'more than 36500 days'),
  })
  .refine((d) => d.idle_ms <= d.abandon_ms, {
    path: ['idle_ms'],
    message: 'longer than abandon_ms: a cart is idle before it is abandoned',
  });

const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    input,
  );

/** The value as it may stand in a message: short, and on one line. */
const shown = (value: unknown): string => {
  const text = typeof value === 'string' ? JSON.stringify(value) : inspect(value, { breakLength: Infinity, depth: 1 });
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
};

/**
 * A store's definition from what was given and the defaults. Throws ControlError `bad_definition` naming the
 * field, its value and what would do. A stage may be listed twice: each takes an event of its own.
 */
export const makeDefinition = (given: DefinitionInput = {}, version = 1): Definition => {
  const {
    version: _,
    stage_predicates: _1,
    targets: _2,
    breakdown_properties: _3,
    bots: _4,
    fx_source: _5,
    ...defaults
  } = DEFAULT_DEFINITION;
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const parsed = definition.safeParse({ ...defaults, ...known });
  if (parsed.success) return { ...DEFAULT_DEFINITION, version, ...parsed.data };
  const [issue] = parsed.error.issues;
  if (!issue) throw new ControlError('bad_definition', 'The definition cannot be used.');
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    throw new ControlError('bad_definition', `${key} is no part of a definition. Leave it out.`, { field: key });
  }
  const field = issue.path.map(String).join('.');
  throw new ControlError('bad_definition', `${field} is ${shown(valueAt(given, issue.path))}: ${issue.message}.`, {
    field,
  });
};

/** Throws ControlError `bad_store_id`. What events may not name as their store (`null`, `0`) can be none. */
export const checkStoreId = (store_id: string): void => {
  if (store_id.length <= MAX_SHORT_ID_LENGTH && STORE_ID_PATTERN.test(store_id) && !isJunkId(store_id)) return;
  throw new ControlError(
    'bad_store_id',
    `store_id is ${shown(store_id)}: use 1 to ${MAX_SHORT_ID_LENGTH} of the characters a-z, 0-9, _ and -, and a real name.`,
    { field: 'store_id' },
  );
};
