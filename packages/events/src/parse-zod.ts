/**
 * The plain statement of what an event is: zod for the fields, a list of rules for what they mean together. Slow
 * and easy to read; parse.ts is the fast one and must say the same of any input.
 */
import type { StoreEvent } from './event.ts';
import { MAX_AHEAD_MS, MIN_TIME } from './limits.ts';
import type { ParseContext, Parsed } from './parsed.ts';
import { isObject } from './properties.ts';
import { type RejectCode, rejection, toRejectCode } from './reject.ts';
import { eventSchema } from './schema.ts';
import { isJunkId } from './text.ts';
import { correctedTime } from './time.ts';

const DAY_MS = 86_400_000;

type Rule = {
  code: RejectCode;
  field: string;
  broken: (event: StoreEvent, context: ParseContext, raw: Record<string, unknown>) => boolean;
};

const isOrderEvent = ({ type }: StoreEvent): boolean => type === 'purchase' || type === 'refund';
const isChange = ({ type }: StoreEvent): boolean => type === 'add_to_cart' || type === 'remove_from_cart';
const needsRefundId = ({ type, source }: StoreEvent): boolean => type === 'refund' && source !== 'browser';
const hasMoney = ({ items = [], amounts = {} }: StoreEvent): boolean =>
  items.some((item) => item.unit_price !== undefined) || Object.keys(amounts).length > 0;
const isJunk = (value: unknown): boolean => typeof value === 'string' && isJunkId(value);

/** In order: the first broken one is the reason. */
const RULES: readonly Rule[] = [
  {
    code: 'before_2015',
    field: 'occurred_at',
    broken: (event, context) => event.occurred_at < MIN_TIME || correctedTime({ ...event, ...context }) < MIN_TIME,
  },
  {
    code: 'too_far_ahead',
    field: 'occurred_at',
    broken: (event, context) => correctedTime({ ...event, ...context }) - context.received_at > MAX_AHEAD_MS,
  },
  {
    code: 'too_old',
    field: 'occurred_at',
    broken: (event, context) =>
      context.maxAgeDays !== null &&
      context.received_at - correctedTime({ ...event, ...context }) > context.maxAgeDays * DAY_MS,
  },
  {
    code: 'bad_id',
    field: 'order_id',
    broken: (event, _, raw) => isOrderEvent(event) && isJunk(raw.order_id),
  },
  {
    code: 'missing_field',
    field: 'order_id',
    broken: (event) => isOrderEvent(event) && event.order_id === undefined,
  },
  {
    code: 'bad_id',
    field: 'refund_id',
    broken: (event, _, raw) => needsRefundId(event) && isJunk(raw.refund_id),
  },
  {
    code: 'missing_field',
    field: 'refund_id',
    broken: (event) => needsRefundId(event) && event.refund_id === undefined,
  },
  {
    code: 'misplaced_snapshot',
    field: 'cart_snapshot',
    broken: (event) => event.cart_snapshot === true && event.type !== 'add_to_cart',
  },
  {
    code: 'missing_field',
    field: 'items',
    broken: (event) => isChange(event) && event.items === undefined,
  },
  {
    code: 'no_items',
    field: 'items',
    broken: (event) => isChange(event) && event.items?.length === 0 && event.cart_snapshot !== true,
  },
  {
    code: 'missing_field',
    field: 'amounts.total',
    broken: (event) => isOrderEvent(event) && event.amounts?.total === undefined,
  },
  {
    code: 'zero_refund',
    field: 'amounts.total',
    broken: (event) => event.type === 'refund' && event.amounts?.total === 0,
  },
  {
    code: 'missing_field',
    field: 'friction',
    broken: (event) => event.type === 'friction' && event.friction === undefined,
  },
  {
    code: 'missing_currency',
    field: 'currency',
    broken: (event) => hasMoney(event) && event.currency === undefined,
  },
];

/** `items`, 3, `unit_price` -> `items[3].unit_price`. */
const printPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((printed, key) => {
    if (typeof key === 'number') return `${printed}[${key}]`;
    return printed === '' ? String(key) : `${printed}.${String(key)}`;
  }, '');

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (parent, key) => (typeof parent === 'object' ? Reflect.get(parent ?? {}, key) : undefined),
    value,
  );

/** Drops keys whose value is undefined or null; zod leaves them standing. */
const compact = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(compact);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined && field !== null)
      .map(([key, field]) => [key, key === 'properties' ? field : compact(field)]),
  );
};

const junkFields = (raw: Record<string, unknown>): string[] => {
  const lines = Array.isArray(raw.items) ? raw.items : [];
  return [
    ...['session_id', 'customer_id', 'cart_id', 'order_id', 'refund_id'].filter((field) => isJunk(raw[field])),
    ...lines.flatMap((line: unknown, index) =>
      isObject(line) && isJunk(line.variant_id) ? [`items[${index}].variant_id`] : [],
    ),
  ];
};

/** What parseEvent answers, said in zod: the oracle of its tests, and the source of the published JSON Schemas. */
export const parseEventZod = (given: unknown, context: ParseContext): Parsed => {
  const { storeId } = context;
  const input = storeId !== undefined && isObject(given) ? { ...given, store_id: given.store_id ?? storeId } : given;
  const result = eventSchema.safeParse(input);
  if (!result.success) {
    const [issue] = result.error.issues;
    if (issue === undefined) throw new Error('zod refused an event without an issue');
    return rejection(toRejectCode(issue.message), printPath(issue.path), valueAt(input, issue.path));
  }
  // zod has just checked what the type says, but for the undefined that compact takes away.
  const event = compact(result.data) as StoreEvent;
  const raw = isObject(input) ? input : {};
  for (const rule of RULES) {
    if (rule.broken(event, context, raw)) {
      return rejection(rule.code, rule.field, valueAt(raw, rule.field.split('.')));
    }
  }
  return { ok: true, event, junk: junkFields(raw) };
};
