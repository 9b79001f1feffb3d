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
import { propertyName, stagePredicate } from './property-test.ts';

const MAX_STAGES = 20;
const MAX_BREAKDOWNS = 10;
const YEAR_MS = 366 * DAY_MS;

const STAGES = new Set<string>([...BUILT_IN_TYPES, ...CHECKOUT_STEPS.map((step) => `checkout.${step}`)]);

/** Whether a stage needs no predicate: an event type, a checkout step or a custom type. */
export const isPlainStage = (name: string): boolean =>
  STAGES.has(name) || (name.startsWith('custom:') && CUSTOM_NAME_PATTERN.test(name.slice('custom:'.length)));

/** A store's own stage names stand in addresses and explanations (`stage=NAME,figure=units`). */
const OWN_STAGE = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
const FX_SOURCE = /^[A-Za-z0-9_.-]{0,64}$/;

/**
 * The zone's name, or null when it is none. One that Intl knows under another name keeps the one it was given: who wrote
 * Asia/Kathmandu need not find Asia/Katmandu. An offset such as +01:00 is none: it knows no daylight saving.
 */
const zoneName = (zone: string): string | null => {
  if (!/^[A-Za-z]/.test(zone)) return null;
  try {
    const known = new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
    return known.toLowerCase() === zone.toLowerCase() ? known : zone;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
};

const ms = (min: number, max: number) =>
  z.int(`not a whole number of milliseconds`).min(min, `shorter than ${min} ms`).max(max, `longer than ${max} ms`);

const timeZone = z.string('not a string').transform((zone, context) => {
  const name = zoneName(zone);
  if (name !== null) return name;
  context.addIssue({ code: 'custom', message: 'not an IANA time zone, such as Europe/Berlin' });
  return z.NEVER;
});

const currency = z.string('not a string').refine(isCurrency, 'not an ISO 4217 currency code in capitals, such as EUR');

const targetRate = z
  .number('not a number')
  .min(0, 'below 0')
  .max(1, 'above 1: give a share, 0.025 for 2.5 %')
  .refine((rate) => Math.round(rate * 1e6) / 1e6 === rate, 'more than six decimals');

const fields = z.strictObject({
  time_zone: timeZone,
  currency,
  stages: z
    .array(z.string('not a string'), 'not a list')
    .min(1, 'an empty list')
    .max(MAX_STAGES, `more than ${MAX_STAGES} stages`),
  stage_predicates: z.record(z.string(), stagePredicate, 'not a map of stages'),
  targets: z.record(z.string(), targetRate, 'not a map of stages'),
  breakdown_properties: z
    .array(propertyName, 'not a list')
    .max(MAX_BREAKDOWNS, `more than ${MAX_BREAKDOWNS} properties`)
    .refine((names) => new Set(names).size === names.length, 'the same property twice'),
  bots: z.strictObject(
    {
      exclude: z.boolean('neither true nor false'),
      max_carts_per_day: z.int('not a whole number').min(1, 'fewer than 1').max(1_000_000, 'more than 1000000'),
    },
    'not exclude and max_carts_per_day',
  ),
  fx_source: z
    .string('not a string')
    .regex(FX_SOURCE, "no name of a source of rates: use up to 64 of A-Z a-z 0-9 _ . - ('' for none)"),
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
  retention_days: z
    .int('not a whole number (null: for ever)')
    .min(1, 'fewer than 1 day')
    .max(36_500, 'more than 36500 days')
    .nullable(),
});

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.map((one: unknown) => (typeof one === 'string' ? one : '')) : [];
const names = (value: unknown): string[] => (typeof value === 'object' && value !== null ? Object.keys(value) : []);

/** What is wrong between fields, whatever else is wrong in them, so that all is told at once. */
const checkTogether = (
  d: Readonly<Record<keyof z.input<typeof fields>, unknown>>,
  problem: (path: PropertyKey[], message: string) => void,
): void => {
  if (typeof d.idle_ms === 'number' && typeof d.abandon_ms === 'number' && d.idle_ms > d.abandon_ms)
    problem(['idle_ms'], 'longer than abandon_ms: a cart is idle before it is abandoned');
  // What is no list of stages is told as such: everything else would be told of it again.
  const listed = Array.isArray(d.stages);
  const stages = strings(d.stages);
  const own = names(d.stage_predicates);
  for (const [i, name] of stages.entries())
    if (name !== '' && !isPlainStage(name) && !own.includes(name))
      problem(
        ['stages', i],
        `not a stage: use an event type (${BUILT_IN_TYPES.join(', ')}), a checkout step (checkout.contact), custom:name, or a name of your own that stage_predicates defines`,
      );
  for (const name of own) {
    const path = ['stage_predicates', name];
    if (isPlainStage(name)) problem(path, `${name} is a stage as it is: give your own another name`);
    else if (!OWN_STAGE.test(name))
      problem(path, 'not a name for a stage: use a letter and up to 63 of A-Z a-z 0-9 _ . -');
    else if (listed && !stages.includes(name)) problem(path, 'not in stages: list it there, or leave it out here');
  }
  for (const [name, target] of Object.entries(d.targets ?? {}))
    if (listed && typeof target === 'number' && !stages.includes(name))
      problem(['targets', name], 'not in stages: list it there, or leave its target out');
};

const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    input,
  );

/** What is removed must be closed, and nothing that would still be taken in may speak of it. */
const checkRetention = (
  d: Readonly<Record<keyof z.input<typeof fields>, unknown>>,
  problem: (path: PropertyKey[], message: string) => void,
): void => {
  const { retention_days: days } = d;
  if (typeof days !== 'number') return;
  const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
  const windows = Array.isArray(d.funnels)
    ? d.funnels.map((funnel: unknown) => number(valueAt(funnel, ['window_ms'])))
    : [];
  const inDays = (ms: number): number => Math.ceil(ms / DAY_MS) + 1;
  for (const [least, why] of [
    [number(d.max_age_days) + 1, 'events of max_age_days ago are still taken in'],
    [inDays(number(d.abandon_ms) + number(d.recovery_ms)), 'carts may still be recovered (abandon_ms and recovery_ms)'],
    [inDays(Math.max(0, ...windows)), 'funnels are still open (window_ms)'],
  ] as const)
    if (days < least) problem(['retention_days'], `too few, for ${why}: at least ${least}`);
};

/** The value as it may stand in a message: short, and on one line. */
const shown = (value: unknown): string => {
  if (value === undefined) return 'missing';
  const text = typeof value === 'string' ? JSON.stringify(value) : inspect(value, { breakLength: Infinity, depth: 1 });
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
};

/** One thing wrong with a definition: where, and in words that name the value and what would do. */
export type DefinitionProblem = {
  path: readonly PropertyKey[];
  /** The path, with points. */
  field: string;
  /** What is wrong and what would do, without field and value. */
  reason: string;
  /** A whole sentence. */
  message: string;
};

/**
 * A definition that is `base` with what is given changed, or everything that is wrong with it. A stage may be listed
 * twice: each takes an event of its own.
 */
export const checkDefinition = (
  given: DefinitionInput,
  { version, ...base }: Definition,
): { definition: Definition } | { problems: DefinitionProblem[] } => {
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const input = { ...base, ...known };
  const parsed = fields.safeParse(input);
  const problems: DefinitionProblem[] = [];
  const wrong = (path: readonly PropertyKey[], reason: string): void => {
    const field = path.map(String).join('.');
    problems.push({ path, field, reason, message: `${field} is ${shown(valueAt(input, path))}: ${reason}.` });
  };
  for (const issue of parsed.error?.issues ?? [])
    if (issue.code === 'unrecognized_keys')
      for (const key of issue.keys) wrong([...issue.path, key], 'no part of a definition. Leave it out');
    else wrong(issue.path, issue.message);
  checkTogether(input, wrong);
  checkRetention(input, wrong);
  if (parsed.success && problems.length === 0) return { definition: { version, ...parsed.data } };
  return { problems };
};

/** As checkDefinition; throws ControlError `bad_definition` with every problem, its field that of the first. */
const changeDefinition = (given: DefinitionInput, base: Definition): Definition => {
  const checked = checkDefinition(given, base);
  if ('definition' in checked) return checked.definition;
  const { problems } = checked;
  throw new ControlError('bad_definition', problems.map(({ message }) => message).join(' '), {
    field: problems[0]?.field ?? '',
  });
};

/** A store's definition from what was given and the defaults; throws as changeDefinition does. */
export const makeDefinition = (given: DefinitionInput = {}, version = 1): Definition =>
  changeDefinition(given, { ...DEFAULT_DEFINITION, version });

/** Throws ControlError `bad_store_id`. What events may not name as their store (`null`, `0`) can be none. */
export const checkStoreId = (store_id: string): void => {
  if (store_id.length <= MAX_SHORT_ID_LENGTH && STORE_ID_PATTERN.test(store_id) && !isJunkId(store_id)) return;
  throw new ControlError(
    'bad_store_id',
    `store_id is ${shown(store_id)}: use 1 to ${MAX_SHORT_ID_LENGTH} of the characters a-z, 0-9, _ and -, and a real name.`,
    { field: 'store_id' },
  );
};
