import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BUILT_IN_TYPES } from './event.ts';
import { parseEvent } from './parse.ts';
import { parseEventZod } from './parse-zod.ts';
import type { ParseContext } from './parsed.ts';
import { isObject } from './properties.ts';

const NOW = Date.UTC(2026, 5, 1, 12);
const CONTEXT: ParseContext = { received_at: NOW, maxAgeDays: 400 };
const DAY_MS = 86_400_000;

const both = (input: unknown, context: ParseContext) => {
  const fast = parseEvent(input, context);
  expect(fast).toStrictEqual(parseEventZod(input, context));
  return fast;
};

// Whatever arrives, both parsers say the same. Seeded: a failure prints its path, and comes again.
const SEED = 20_260_601;

const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 140 }),
  fc.constantFrom('', ' ', '0', '-', 'null', 'undefined', 'NaN', '[object Object]', '__proto__', 'constructor'),
  fc.constantFrom('a\ud83d', '\udc00', '😀', 'a\u0000', 'a@b.co', 'x'.repeat(64), 'x'.repeat(65), 'x'.repeat(129)),
  fc.constantFrom(
    'EUR',
    'eur',
    'XXX',
    'browser',
    'start',
    'custom:a b',
    'custom:a',
    '2026-06-01T00:00:00Z',
    '2026-13-01T00:00:00Z',
  ),
);
const hostileNumber = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    1,
    -1,
    0.1,
    1e12,
    1e12 + 1,
    1e6,
    1e6 + 1,
    2 ** 53,
    2 ** 60,
    1e308,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ),
  fc.integer({ min: NOW - 500 * DAY_MS, max: NOW + 3 * DAY_MS }),
  fc.double(),
);
const hostile: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: hostileText },
  { weight: 4, arbitrary: hostileNumber },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(null, undefined, true, false, {}, [], 12n) },
  { weight: 1, arbitrary: fc.anything({ withNullPrototype: true, withBigInt: true, maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.jsonValue({ depthSize: 'large' }) },
);

const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).map((text) => `i${text}`);
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const money = fc.integer({ min: 0, max: 1_000_000 });
const time = fc
  .integer({ min: NOW - 300 * DAY_MS, max: NOW + 3_600_000 })
  .chain((ms) => fc.constantFrom<unknown>(ms, new Date(ms).toISOString()));
const item = fc.record(
  {
    product_id: id,
    variant_id: id,
    name: text,
    category: text,
    quantity: fc.integer({ min: 1, max: 9 }),
    unit_price: money,
  },
  { requiredKeys: ['product_id', 'quantity'] },
);
const valid = fc.record({
  event_id: fc.stringMatching(/^[A-Za-z0-9_.:-]{2,64}$/),
  store_id: fc.stringMatching(/^[a-z0-9_-]{2,64}$/),
  type: fc.constantFrom<string>(...BUILT_IN_TYPES, 'custom:wish.list'),
  occurred_at: time,
  sent_at: some(time),
  visitor_id: id,
  session_id: some(id),
  customer_id: some(id),
  cart_id: some(id),
  order_id: id,
  refund_id: id,
  kind: some(fc.constantFrom('refund', 'cancelled', 'chargeback')),
  revision: some(fc.nat(3)),
  test: some(fc.boolean()),
  channel: some(fc.constantFrom('web', 'app', 'pos')),
  checkout_step: some(fc.constantFrom('start', 'contact', 'shipping', 'payment')),
  currency: fc.constantFrom('EUR', 'JPY', 'KWD'),
  items: fc.array(item, { minLength: 1, maxLength: 4 }),
  amounts: fc.record(
    { items: money, discount: money, tax: money, shipping: money, total: money.map((n) => n + 1) },
    { requiredKeys: ['total'] },
  ),
  friction: fc.record({ code: fc.constantFrom('out_of_stock'), message: text }, { requiredKeys: ['code'] }),
  page: some(fc.record({ url: text, title: text }, { requiredKeys: [] })),
  device: some(fc.record({ os: text, country: text }, { requiredKeys: [] })),
  consent: some(fc.record({ analytics: fc.boolean() }, { requiredKeys: [] })),
  source: some(fc.constantFrom('browser', 'server', 'webhook', 'import')),
  properties: some(fc.dictionary(text, fc.jsonValue())),
});

/** Every path to a value in `value`, containers included. */
const pathsIn = (value: unknown): PropertyKey[][] => {
  if (typeof value !== 'object' || value === null) return [];
  return Reflect.ownKeys(value).flatMap((key) => {
    const below: unknown = Reflect.get(value, key);
    return [[key], ...pathsIn(below).map((path) => [key, ...path])];
  });
};

const withValueAt = (value: unknown, [key, ...path]: readonly PropertyKey[], put: unknown): unknown => {
  if (key === undefined) return put;
  const copy: object = Array.isArray(value) ? [...value] : { ...(isObject(value) ? value : {}) };
  const below: unknown = Reflect.get(copy, key);
  Object.defineProperty(copy, key, {
    value: withValueAt(below, path, put),
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return copy;
};

const broken = fc
  .tuple(valid, fc.array(fc.tuple(fc.nat(), hostile), { minLength: 1, maxLength: 3 }))
  .map(([event, changes]) => {
    let mutated: unknown = event;
    for (const [pick, put] of changes) {
      const paths = pathsIn(mutated).filter((path) => !path.includes('length'));
      mutated = withValueAt(mutated, paths[pick % paths.length] ?? [], put);
    }
    return mutated;
  });

const contexts = fc.constantFrom<ParseContext>(
  CONTEXT,
  { received_at: NOW, maxAgeDays: null },
  { ...CONTEXT, storeId: 'shop' },
);

const FIELDS = ['event_id', 'store_id', 'type', 'occurred_at', 'visitor_id', 'items', 'amounts', 'page', 'properties'];

describe('the fast parser and the plain one agree', () => {
  test('on valid events, which both take', () => {
    fc.assert(
      fc.property(valid, contexts, (event, context) => {
        const parsed = both(event, context);
        // sent_at is drawn apart from occurred_at, so the corrected time may lie anywhere.
        if (!parsed.ok) expect(['too_far_ahead', 'too_old']).toContain(parsed.code);
      }),
      { seed: SEED, numRuns: 2_000 },
    );
  });

  test('on events with a few hostile values, many of which are refused', () => {
    const codes = new Map<string, number>();
    fc.assert(
      fc.property(broken, contexts, (event, context) => {
        const parsed = both(event, context);
        const code = parsed.ok ? 'accepted' : parsed.code;
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }),
      { seed: SEED, numRuns: 5_000 },
    );
    expect(codes.size).toBeGreaterThan(15);
  });

  test('on anything at all', () => {
    const anything = fc.oneof(hostile, fc.dictionary(fc.constantFrom(...FIELDS, '__proto__', 'x'), hostile));
    fc.assert(
      fc.property(anything, contexts, (input, context) => {
        both(input, context);
      }),
      { seed: SEED, numRuns: 3_000 },
    );
  });
});
