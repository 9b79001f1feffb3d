import type { Hasher } from '@cartledger/events';
import { type Content, LEDGER_COLUMNS, NOTHING } from './ledger-columns.ts';

const COMMON = ['day', 'definition_version', 'at', 'visitor_id'] as const;

/** The columns of each kind that readers see. */
const COLUMNS_OF = {
  journey: [
    ...COMMON,
    'excluded',
    'funnel',
    'unit_id',
    'hit',
    'any',
    'ms_to_next',
    'counted_after',
    'counted_before',
    'any_after',
    'dimensions.name',
    'dimensions.value',
  ],
  cart: [
    ...COMMON,
    'excluded',
    'unit_id',
    'cart_key',
    'cart_id',
    'last_activity_at',
    'holds_items',
    'order_id',
    'ordered_at',
    'outcome',
    'first_abandoned_at',
    'last_abandoned_at',
    'revived',
    'furthest',
    'abandoned_point',
    'has_checkout',
    'reason',
    'lines.product_id',
    'lines.variant_id',
    'lines.name',
    'lines.quantity',
    'lines.unit_price',
    'lines.currency',
    'value.currency',
    'value.amount',
    'peak_value.currency',
    'peak_value.amount',
    'unpriced',
    'unmatched_removes',
    'products.product_id',
    'products.name',
    'bought',
    'contactable',
    'last_page',
    'last_product',
    'idle_ms',
    'abandon_ms',
    'recovery_ms',
    'test',
  ],
  order: [
    ...COMMON,
    'order_id',
    'session_key',
    'session_unit',
    'customer_id',
    'channel',
    'currency',
    'test',
    'cart_key',
    'without_cart_reason',
    'amount_items',
    'amount_discount',
    'amount_tax_added',
    'amount_shipping',
    'amount_unexplained',
    'amount_total',
    'bridge.line',
    'bridge.currency',
    'bridge.amount',
    'cycle_started_at',
    'new_buyer',
    'conflicts',
  ],
  refund: [
    ...COMMON,
    'order_id',
    'refund_id',
    'currency',
    'amount_total',
    'amount_items',
    'refund_kind',
    'flag',
    'test',
  ],
} as const satisfies Record<string, readonly (keyof Content)[]>;
type Kind = keyof typeof COLUMNS_OF;

const TYPES = new Map<string, string>(LEDGER_COLUMNS.map(({ name, type }) => [name, type]));

/** Between columns, between a list's values, and for NULL: no text that matters has them. */
const [COLUMN, VALUE, NULL] = ['\u001f', '\u001e', '\u001d'];

const sqlText = (column: string): string => {
  const type = TYPES.get(column) ?? '';
  const name = `\`${column}\``;
  if (type.startsWith('DateTime64')) return `toString(toUnixTimestamp64Milli(${name}))`;
  if (!type.startsWith('Array(')) return `toString(${name})`;
  const value = type.includes('Nullable') ? `ifNull(toString(x), '\\x1d')` : 'toString(x)';
  return `concat(toString(length(${name})), arrayStringConcat(arrayMap(x -> concat('\\x1e', ${value}), ${name})))`;
};

const sqlDigest = (kind: Kind): string =>
  `xxHash64(concatWithSeparator('\\x1f', ${COLUMNS_OF[kind].map(sqlText).join(', ')}))`;

/** SQL over `ledger_rows`: what `createDigest` makes of the row as it is stored. */
export const STORED_DIGEST = `multiIf(${(['journey', 'cart', 'order'] as const)
  .map((kind) => `kind = '${kind}', ${sqlDigest(kind)}`)
  .join(', ')}, ${sqlDigest('refund')})`;

const textOf = (value: Content[keyof Content]): string => {
  if (typeof value !== 'object') return String(value);
  let text = String(value.length);
  for (const one of value) text += one === null ? `${VALUE}${NULL}` : `${VALUE}${one}`;
  return text;
};

/** Of the columns that readers see, as text: a column of the database and a value on its way there come out the same. */
export const createDigest =
  (hasher: Hasher) =>
  (kind: Kind, content: Partial<Content>): bigint => {
    let text = '';
    let separator = '';
    for (const column of COLUMNS_OF[kind]) {
      text += separator + textOf(content[column] ?? NOTHING[column]);
      separator = COLUMN;
    }
    return hasher.xxh64(text);
  };
