import { SCOPES } from '@cartledger/control';
import { FUNNEL_MODES, FUNNEL_UNITS } from '@cartledger/funnel';
import { z } from '@hono/zod-openapi';

const milliseconds = (what: string) => z.int('not a whole number').openapi({ description: `${what}, in ms` });

const fields = {
  time_zone: z
    .string('not a string')
    .openapi({ description: 'IANA zone; days are its wall dates', example: 'Europe/Berlin' }),
  currency: z.string('not a string').openapi({ description: 'Reporting currency, ISO 4217', example: 'EUR' }),
  stages: z.array(z.string('not a string'), 'not a list').openapi({
    description: 'The funnel: event types, checkout steps (checkout.contact) or custom:name; at most 20',
    example: ['visit', 'product_view', 'add_to_cart', 'checkout', 'purchase'],
  }),
  funnels: z
    .array(
      z.object({ unit: z.enum(FUNNEL_UNITS), mode: z.enum(FUNNEL_MODES), window_ms: milliseconds('Window') }),
      'not a list',
    )
    .openapi({ description: 'What is kept; the first is the default' }),
  idle_ms: milliseconds('A cart is idle after this long without activity'),
  abandon_ms: milliseconds('A cart is abandoned after this long without activity'),
  recovery_ms: milliseconds('An abandoned cart is lost after this long'),
  tie_tolerance_ms: milliseconds('How far events of one moment may be out of order'),
  max_age_days: z.int('not a whole number').openapi({ description: 'Older events are rejected unless imported' }),
};

const definition = z.object({ version: z.int(), ...fields }).openapi('Definition');

export const newStore = z
  .strictObject({
    store_id: z.string('not a string').openapi({ description: '1 to 64 of a-z 0-9 _ -', example: 'shop' }),
    time_zone: fields.time_zone.optional(),
    currency: fields.currency.optional(),
    stages: fields.stages.optional(),
    funnels: fields.funnels.optional(),
    idle_ms: fields.idle_ms.optional(),
    abandon_ms: fields.abandon_ms.optional(),
    recovery_ms: fields.recovery_ms.optional(),
    tie_tolerance_ms: fields.tie_tolerance_ms.optional(),
    max_age_days: fields.max_age_days.optional(),
  })
  .openapi('NewStore');

export const store = z.object({ store_id: z.string(), created_at: z.iso.datetime(), definition }).openapi('Store');

/** A store in a list: what it takes to show its reports. */
const storeSummary = z
  .object({
    store_id: z.string(),
    time_zone: fields.time_zone,
    currency: fields.currency,
    stages: fields.stages,
    idle_ms: fields.idle_ms,
    abandon_ms: fields.abandon_ms,
    recovery_ms: fields.recovery_ms,
  })
  .openapi('StoreSummary');

export const storeList = z.object({ stores: z.array(storeSummary) }).openapi('StoreList');

const scope = z.enum(SCOPES, `not one of ${SCOPES.join(', ')}`);
const storeScope = z.enum(['events:write', 'reports:read'], 'neither events:write nor reports:read');

export const newKey = z.strictObject({ scope: storeScope }).openapi('NewKey');

export const madeKey = z
  .object({
    key_id: z.string(),
    store_id: z.string(),
    scope: storeScope,
    key: z.string().openapi({ description: 'Shown this once: only its digest is kept' }),
  })
  .openapi('MadeKey');

export const keyList = z
  .object({
    keys: z.array(
      z
        .object({
          key_id: z.string(),
          scope,
          created_at: z.iso.datetime(),
          revoked_at: z.iso.datetime().nullable(),
        })
        .openapi('Key'),
    ),
  })
  .openapi('KeyList');
