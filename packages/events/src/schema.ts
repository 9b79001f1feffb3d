/**
 * The canonical event in zod: what each field may hold, said once and plainly. The message of every check is its
 * reject code. JSON null is as absent in optional fields. Fields it does not name are dropped, on every level but
 * inside `properties`, so that senders may be ahead of us. Rules that look at several fields or at the time of
 * receipt stand in parse-zod.ts.
 */
import { z } from 'zod';
import { isCurrency } from './currency.ts';
import { BUILT_IN_TYPES, CHECKOUT_STEPS, REFUND_KINDS, SOURCES } from './event.ts';
import {
  CUSTOM_NAME_PATTERN,
  EVENT_ID_PATTERN,
  MAX_CODE_LENGTH,
  MAX_ID_LENGTH,
  MAX_ITEMS,
  MAX_MONEY,
  MAX_QUANTITY,
  MAX_REVISION,
  MAX_SHORT_ID_LENGTH,
  MAX_TIME,
  STORE_ID_PATTERN,
} from './limits.ts';
import { isObject, propertiesProblem } from './properties.ts';
import type { RejectCode } from './reject.ts';
import { hasControlCharacter, hasEmail, isJunkId, isWellFormed } from './text.ts';
import { parseTime } from './time.ts';

type RawIssue = { readonly input?: unknown };
const orMissing =
  (code: RejectCode) =>
  ({ input }: RawIssue): RejectCode =>
    input === undefined || input === null ? 'missing_field' : code;

const isPrintable = (id: string): boolean => !hasControlCharacter(id);
const isRealId = (id: string): boolean => !isJunkId(id);

const string = () => z.string({ error: orMissing('wrong_type') });
const text = string().refine(isWellFormed, 'bad_text').nullish();

const shortId = (pattern: RegExp) =>
  string().min(1, 'bad_id').max(MAX_SHORT_ID_LENGTH, 'too_long').regex(pattern, 'bad_id').refine(isRealId, 'bad_id');

const anyId = () =>
  string().max(MAX_ID_LENGTH, 'too_long').refine(isWellFormed, 'bad_text').refine(isPrintable, 'bad_id');
/** An id the event cannot do without. */
const requiredId = anyId().min(1, 'bad_id').refine(isRealId, 'bad_id');
/** A junk id is no reason to lose the event: it becomes absent, and the caller is told. */
const junkAsAbsent = (id: string): string | undefined => (isJunkId(id) ? undefined : id);
const optionalId = anyId().transform(junkAsAbsent).nullish();
const customerId = anyId()
  .refine((id) => !hasEmail(id), 'email_as_id')
  .transform(junkAsAbsent)
  .nullish();

const code = string().min(1, 'bad_value').max(MAX_CODE_LENGTH, 'too_long').refine(isWellFormed, 'bad_text');

const time = z
  .union([z.string().meta({ format: 'date-time' }), z.int('bad_time').min(0, 'bad_time').lt(MAX_TIME, 'bad_time')], {
    error: orMissing('bad_time'),
  })
  .transform((value, context): number => {
    const ms = parseTime(value);
    if (ms !== null) return ms;
    context.addIssue({ code: 'custom', message: 'bad_time' });
    return z.NEVER;
  });

const wholeNumber = (reason: RejectCode, least: number, most: number) =>
  z
    .int({ error: orMissing(reason) })
    .min(least, reason)
    .max(most, reason);
const money = wholeNumber('bad_money', 0, MAX_MONEY).nullish();

const flag = z.boolean({ error: 'wrong_type' }).nullish();
const currency = z
  .string({ error: 'bad_currency' })
  .regex(/^[A-Z]{3}$/, 'bad_currency')
  .refine(isCurrency, 'bad_currency')
  .nullish();

const item = z
  .object(
    {
      product_id: requiredId,
      variant_id: optionalId,
      name: text,
      category: text,
      quantity: wholeNumber('bad_quantity', 1, MAX_QUANTITY),
      unit_price: money.describe('Minor units of the event’s currency'),
    },
    { error: 'wrong_type' },
  )
  .refine(({ quantity, unit_price }) => quantity * (unit_price ?? 0) <= MAX_MONEY, {
    error: 'line_too_large',
    path: ['unit_price'],
  });

const amounts = z.object(
  { items: money, discount: money, tax: money, shipping: money, total: money },
  { error: 'wrong_type' },
);

const friction = z.object({ code, message: text }, { error: 'wrong_type' });

const properties = z
  .custom<Record<string, unknown>>(isObject, { error: 'wrong_type' })
  .superRefine((value, context) => {
    const problem = propertiesProblem(value);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  })
  .meta({ type: 'object', description: 'The store’s own; at most 8 KiB as JSON' })
  .nullish();

/** A small object of texts; unknown names in it are dropped. */
const texts = <Name extends string>(...names: Name[]) =>
  z
    .object(Object.fromEntries(names.map((name) => [name, text])) as Record<Name, typeof text>, { error: 'wrong_type' })
    .nullish();

/** In the order in which problems are looked for: the first one is the reason. */
export const eventShape = {
  event_id: shortId(EVENT_ID_PATTERN).describe('Identifies the event together with store and visitor'),
  store_id: shortId(STORE_ID_PATTERN),
  type: z
    .union([z.enum(BUILT_IN_TYPES), z.templateLiteral(['custom:', z.string().regex(CUSTOM_NAME_PATTERN)])], {
      error: ({ input }) => (typeof input === 'string' ? 'unknown_type' : orMissing('wrong_type')({ input })),
    })
    .describe('A built-in type, or the store’s own'),
  occurred_at: time.describe('The client’s own time: RFC 3339 or epoch ms'),
  sent_at: time.nullish().describe('The client’s clock at this attempt, stamped anew at each'),
  visitor_id: requiredId.describe('Anonymous browser or device'),
  session_id: optionalId,
  customer_id: customerId.describe('Opaque; never an e-mail address'),
  cart_id: optionalId,
  order_id: optionalId,
  refund_id: optionalId,
  kind: z.enum(REFUND_KINDS, { error: 'bad_value' }).nullish(),
  revision: wholeNumber('bad_value', 0, MAX_REVISION).nullish().describe('Of a purchase: grows with each edit'),
  test: flag.describe('A test order, in no report'),
  channel: code.nullish().describe('Where it was sold; web when absent'),
  checkout_step: z.enum(CHECKOUT_STEPS, { error: 'bad_value' }).nullish().describe('start when absent'),
  currency: currency.describe('ISO 4217; required where there is money'),
  items: z.array(item, { error: 'wrong_type' }).max(MAX_ITEMS, 'too_many_items').nullish(),
  cart_snapshot: flag.describe('On add_to_cart: items are the whole cart'),
  amounts: amounts.nullish().describe('Minor units of the currency'),
  friction: friction.nullish(),
  page: texts('url', 'path', 'title', 'referrer'),
  campaign: texts('source', 'medium', 'name', 'term', 'content'),
  device: texts('type', 'os', 'browser', 'user_agent', 'country'),
  consent: z.object({ analytics: flag, marketing: flag }, { error: 'wrong_type' }).nullish(),
  source: z.enum(SOURCES, { error: 'bad_value' }).nullish().describe('server when absent'),
  properties,
};

export const eventSchema = z.object(eventShape, { error: 'not_an_object' });
