/** Members of events that are odd by their value, or by coming twice: all of them, one after another. */
import { BUILT_IN_TYPES, SOURCES } from '@cartledger/events';
import {
  type Members,
  NOW,
  ODD_ID_JSONS,
  ODD_NUMBERS,
  ODD_PROPERTIES,
  ODD_TIMES,
  object,
  quoted,
} from './odd-values.ts';

const IDS = [
  ...['event_id', 'store_id', 'visitor_id', 'session_id', 'customer_id', 'cart_id', 'order_id', 'refund_id'],
] as const;
const WORD_FIELDS = ['kind', 'channel', 'checkout_step', 'currency', 'source', 'type'] as const;

/** Each odd value at each field that it may stand at, alone and within a line. */
export const everyOddMember: readonly (readonly [string, string])[] = [
  ...[...IDS, ...WORD_FIELDS].flatMap((name) => ODD_ID_JSONS.map((json) => [name, json] as const)),
  ...['occurred_at', 'sent_at', 'revision'].flatMap((name) => ODD_TIMES.map((json) => [name, json] as const)),
  ...['test', 'cart_snapshot'].flatMap((name) =>
    ['true', 'false', ...ODD_NUMBERS].map((json) => [name, json] as const),
  ),
  ...ODD_PROPERTIES.map((json) => ['properties', json] as const),
  ...['product_id', 'variant_id', 'name', 'category'].flatMap((name) =>
    ODD_ID_JSONS.map((json) => {
      const needed: Members =
        name === 'product_id'
          ? [['quantity', '1']]
          : [
              ['product_id', '"p"'],
              ['quantity', '1'],
            ];
      return ['items', `[${object([[name, json], ...needed])}]`] as const;
    }),
  ),
  ...ODD_NUMBERS.map((json) => ['items', `[{"product_id":"p","quantity":${json}}]`] as const),
  ...ODD_NUMBERS.map((json) => ['items', `[{"product_id":"p","quantity":1,"unit_price":${json}}]`] as const),
  ...ODD_NUMBERS.map((json) => ['amounts', `{"total":${json}}`] as const),
];

/** Two good values of one field, of which JSON.parse keeps the second. */
export const everyTwice: readonly (readonly [string, string, string])[] = [
  ...['test', 'cart_snapshot'].flatMap((name) => [[name, 'true', 'false'] as const, [name, 'false', 'true'] as const]),
  ...SOURCES.flatMap((a) => SOURCES.map((b) => ['source', quoted(a), quoted(b)] as const)),
  ...BUILT_IN_TYPES.flatMap((a) => BUILT_IN_TYPES.map((b) => ['type', quoted(a), quoted(b)] as const)),
  [
    'items',
    '[{"product_id":"p","quantity":1,"unit_price":1},{"product_id":"q","quantity":1}]',
    '[{"product_id":"r","quantity":2}]',
  ],
  ['items', '[{"product_id":"p","quantity":1}]', '[]'],
  ['amounts', '{"total":5,"tax":1}', '{"total":6}'],
  ['friction', '{"code":"a","message":"b"}', '{"code":"c"}'],
  ['page', '{"url":"a"}', '{}'],
  ['properties', '{"a":1}', '{}'],
  ['visitor_id', '"a"', '"b"'],
  ['sent_at', String(NOW), String(NOW - 1)],
];
