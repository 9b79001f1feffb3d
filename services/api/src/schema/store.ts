import { type DefinitionInput, SCOPES } from '@cartledger/control';
import { BUILT_IN_TYPES, CHECKOUT_STEPS } from '@cartledger/events';
import { FUNNEL_MODES, FUNNEL_UNITS } from '@cartledger/funnel';
import { z } from '@hono/zod-openapi';
import { instant, list, localDay, words } from './parts.ts';

const milliseconds = (what: string) => z.int('not a whole number').openapi({ description: `${what}, in ms` });

const property = words('Name of the property, at the top level');
const text = z.string().openapi({ description: 'Compared as it is: a number never equals a string' });

const propertyTest = z
  .union([
    z.object({ property, exists: z.boolean().openapi({ description: 'Whether it must be there' }) }),
    z.object({ property, equals: z.union([text, z.number()]).openapi({ description: 'What it must equal' }) }),
    z.object({ property, in: list('Strings, one of which it must be', text) }),
    z.object({ property, prefix: words('What it must begin with') }),
    z.object({ property, less_than: z.number().openapi({ description: 'A number it must be below' }) }),
    z.object({ property, greater_than: z.number().openapi({ description: 'A number it must be above' }) }),
  ])
  .openapi('PropertyTest', { description: 'A test of one of an event’s own properties' });

const stagePredicate = z
  .object({
    type: z
      .union([z.enum(BUILT_IN_TYPES.filter((type) => type !== 'purchase')), z.templateLiteral(['custom:', z.string()])])
      .openapi({ type: 'string', description: 'Type of the events; never purchase', example: 'add_to_cart' }),
    checkout_step: z.enum(CHECKOUT_STEPS).optional().openapi({ description: 'Of type checkout: the step' }),
    properties: list('Tests of the event’s own properties; all must pass', propertyTest),
  })
  .openapi('StagePredicate', { description: 'Which events a stage of the store’s own naming matches' });

const fields = {
  time_zone: z
    .string('not a string')
    .openapi({ description: 'IANA zone; days are its wall dates', example: 'Europe/Berlin' }),
  currency: z.string('not a string').openapi({ description: 'Reporting currency, ISO 4217', example: 'EUR' }),
  stages: z.array(z.string('not a string'), 'not a list').openapi({
    description:
      'The funnel: event types, checkout steps (checkout.contact), custom:name, or names that stage_predicates defines; at most 20',
    example: ['visit', 'product_view', 'add_to_cart', 'checkout', 'purchase'],
  }),
  funnels: z
    .array(
      z
        .strictObject({
          unit: z
            .enum(FUNNEL_UNITS, `not one of ${FUNNEL_UNITS.join(', ')}`)
            .openapi({ description: 'What is counted' }),
          mode: z
            .enum(FUNNEL_MODES, `not one of ${FUNNEL_MODES.join(', ')}`)
            .openapi({ description: 'How the stages must follow each other' }),
          window_ms: milliseconds('How long after the start a stage still counts'),
        })
        .openapi({ description: 'One funnel' }),
      'not a list',
    )
    .openapi({ description: 'Funnels that are kept; the first is the default' }),
  idle_ms: milliseconds('A cart is idle after this long without activity'),
  abandon_ms: milliseconds('A cart is abandoned after this long without activity'),
  recovery_ms: milliseconds('An abandoned cart is lost after this long'),
  tie_tolerance_ms: milliseconds('How far events of one moment may be out of order'),
  max_age_days: z.int('not a whole number').openapi({ description: 'Older events are rejected unless imported' }),
  retention_days: z.int('not a whole number').nullable().openapi({
    description:
      'What was last heard of longer ago is removed, for good; closed figures stay. Null: kept for ever. More than max_age_days, the recovery window and the windows of funnels',
  }),
  breakdown_properties: z
    .array(z.string('not a string'), 'not a list')
    .openapi({ description: 'Properties that funnels may be broken down by; at most 10', example: ['tier'] }),
  bots: z
    .strictObject(
      {
        exclude: z.boolean('neither true nor false').openapi({ description: 'Leave bots out of every report' }),
        max_carts_per_day: z
          .int('not a whole number')
          .openapi({ description: 'Who opens more carts on a day, and never ordered, is a bot' }),
      },
      'not exclude and max_carts_per_day',
    )
    .openapi({ description: 'Who is a bot, and what is done about it' }),
  fx_source: z
    .string('not a string')
    .openapi({ description: 'Whose rates convert totals into the reporting currency; empty for none', example: 'ecb' }),
};

const TARGETS = 'Target of conversion_from_first by stage, 0 to 1, at most six decimals';
const PREDICATES = 'Stages of the store’s own naming';

const definition = z
  .object({
    version: z
      .int()
      .openapi({ description: '1 for the first; each change makes the next, one for each stretch of days' }),
    ...fields,
    stage_predicates: z.record(z.string(), stagePredicate).openapi({ description: PREDICATES }),
    targets: z.record(z.string(), z.number()).openapi({ description: TARGETS, example: { purchase: 0.025 } }),
  })
  .openapi('Definition', { description: 'What the store’s numbers are made by' });

const given = {
  time_zone: fields.time_zone.optional(),
  currency: fields.currency.optional(),
  stages: fields.stages.optional(),
  // What is wrong inside is said by the control store, whose words are better than those of a union.
  stage_predicates: z
    .custom<NonNullable<DefinitionInput['stage_predicates']>>((value) => value !== undefined)
    .optional()
    .openapi({
      type: 'object',
      additionalProperties: { $ref: '#/components/schemas/StagePredicate' },
      description: PREDICATES,
    }),
  targets: z
    .record(z.string(), z.number('not a number'), 'not a map of stages')
    .optional()
    .openapi({ description: TARGETS, example: { purchase: 0.025 } }),
  funnels: fields.funnels.optional(),
  breakdown_properties: fields.breakdown_properties.optional(),
  bots: fields.bots.optional(),
  fx_source: fields.fx_source.optional(),
  idle_ms: fields.idle_ms.optional(),
  abandon_ms: fields.abandon_ms.optional(),
  recovery_ms: fields.recovery_ms.optional(),
  tie_tolerance_ms: fields.tie_tolerance_ms.optional(),
  max_age_days: fields.max_age_days.optional(),
  retention_days: fields.retention_days.optional(),
};

export const newStore = z
  .strictObject({
    store_id: z.string('not a string').openapi({ description: '1 to 64 of a-z 0-9 _ -', example: 'shop' }),
    ...given,
  })
  .openapi('NewStore', { description: 'A store; what is left out has its default' });

export const definitionChange = z
  .strictObject({
    from: z.string('not a string').nullable().optional().openapi({
      description:
        'First local day of the change; null or without it the change is for all history. On days on which other versions are in force only what is given changes. time_zone, currency, tie_tolerance_ms, max_age_days, retention_days, targets, bots and fx_source hold for all history in any case',
      format: 'date',
      example: '2026-11-22',
    }),
    ...given,
  })
  .openapi('DefinitionChange', { description: 'The fields to change; the others stay as they are' });

export const store = z
  .object({
    store_id: words('The store'),
    created_at: instant('When it was made'),
    definition: definition.openapi({ description: 'The newest version' }),
    versions: list(
      'All versions, oldest first. The one in force on a day is the highest that has begun by then',
      z
        .object({
          from: localDay('In force from this local day on; null: for all history').nullable(),
          definition: definition.openapi({ description: 'What the numbers are made by while it is in force' }),
        })
        .openapi({ description: 'One version' }),
    ),
  })
  .openapi('Store', { description: 'A store and what its numbers are made by' });

/** A store in a list: what it takes to show its reports. */
const storeSummary = z
  .object({
    store_id: words('The store'),
    time_zone: fields.time_zone,
    currency: fields.currency,
    stages: fields.stages,
    idle_ms: fields.idle_ms,
    abandon_ms: fields.abandon_ms,
    recovery_ms: fields.recovery_ms,
    targets: z.record(z.string(), z.number()).openapi({ description: TARGETS, example: { purchase: 0.025 } }),
    definition_version: z.int().openapi({ description: 'The newest version of its definition' }),
  })
  .openapi('StoreSummary', { description: 'What it takes to show a store’s reports' });

export const storeList = z
  .object({ stores: list('The stores, by id', storeSummary) })
  .openapi('StoreList', { description: 'The stores that the token may see' });

const scope = z.enum(SCOPES, `not one of ${SCOPES.join(', ')}`).openapi({ description: 'What the key may do' });
const storeScope = z
  .enum(['events:write', 'reports:read'], 'neither events:write nor reports:read')
  .openapi({ description: 'What the key may do' });

const eventsPerSecond = z.int().min(1).max(1_000_000);

export const newKey = z
  .strictObject({
    scope: storeScope,
    events_per_second: eventsPerSecond.optional().openapi({
      description:
        "Events a second that it may send, in each collector; left out: as the collector's configuration says",
    }),
    burst_events: eventsPerSecond.optional().openapi({
      description: 'Events at once after a quiet time; left out: five seconds of events_per_second',
    }),
  })
  .openapi('NewKey', { description: 'A key to make' });

export const madeKey = z
  .object({
    key_id: words('Names the key where it is listed or revoked'),
    store_id: words('The store it is for'),
    scope: storeScope,
    key: words('Shown this once: only its digest is kept'),
  })
  .openapi('MadeKey', { description: 'A new key' });

export const keyList = z
  .object({
    keys: list(
      'The oldest first',
      z
        .object({
          key_id: words('Names the key'),
          scope,
          created_at: instant('When it was made'),
          revoked_at: instant('When it was revoked; null while it is good').nullable(),
          events_per_second: z.int().nullable().openapi({ description: "Its rate; null: the collector's own" }),
          burst_events: z.int().nullable().openapi({ description: "Events at once; null: the collector's own" }),
        })
        .openapi('Key', { description: 'A key, without the key itself' }),
    ),
  })
  .openapi('KeyList', { description: 'The keys of a store' });
