/** Events as the wire may bring them, good ones and odd ones, as JSON texts: for tests of both ways in. */
import {
  BUILT_IN_TYPES,
  CAMPAIGN_FIELDS,
  CHECKOUT_STEPS,
  DEVICE_FIELDS,
  MAX_MONEY,
  MAX_QUANTITY,
  MAX_REVISION,
  PAGE_FIELDS,
  REFUND_KINDS,
  SOURCES,
} from '@cartledger/events';
import fc from 'fast-check';
import {
  DAY_MS,
  goodId,
  goodText,
  type Json,
  type Members,
  NO_STRINGS,
  NOW,
  object,
  oddId,
  oddNumber,
  oddProperties,
  oddText,
  oddTime,
  oneOf,
  quoted,
} from './odd-values.ts';

/** Some of these members, in order. */
const someOf = (members: Record<string, Json>): fc.Arbitrary<[string, string][]> =>
  fc
    .tuple(
      ...Object.entries(members).map(([name, value]) => fc.option(value.map((json): [string, string] => [name, json]))),
    )
    .map((all) => all.filter((member) => member !== null));

const textsOf = (names: readonly string[], text: Json) => someOf(Object.fromEntries(names.map((name) => [name, text])));
const money: Json = fc.oneof(fc.integer({ min: 0, max: 100_000 }), fc.constant(MAX_MONEY)).map(String);

const goodItem = fc
  .tuple(
    goodId.map(quoted),
    fc.integer({ min: 1, max: 9 }).map(String),
    someOf({
      variant_id: goodId.map(quoted),
      name: goodText.map(quoted),
      category: goodText.map(quoted),
      unit_price: fc.integer({ min: 0, max: 99_999 }).map(String),
    }),
  )
  .map(([product_id, quantity, rest]): Members => [['product_id', product_id], ...rest, ['quantity', quantity]]);

const BOOLEANS = oneOf('true', 'false');
const goodProperties: Json = fc.oneof(
  fc
    .dictionary(fc.stringMatching(/^[a-z_]{1,6}$/), fc.oneof(fc.boolean(), fc.integer(), goodText, fc.constant(null)), {
      maxKeys: 5,
    })
    .map((value) => JSON.stringify(value)),
  fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 }).map((value) => JSON.stringify(value)),
);
/** A good value of each field that no type needs. */
const OPTIONAL: Record<string, Json> = {
  session_id: goodId.map(quoted),
  customer_id: goodId.map(quoted),
  cart_id: goodId.map(quoted),
  sent_at: fc.integer({ min: NOW - 5_000, max: NOW + 5_000 }).map(String),
  kind: oneOf(...REFUND_KINDS).map(quoted),
  revision: fc.integer({ min: 0, max: MAX_REVISION }).map(String),
  test: BOOLEANS,
  channel: oneOf('web', 'pos', 'x'.repeat(64)).map(quoted),
  checkout_step: oneOf(...CHECKOUT_STEPS).map(quoted),
  page: textsOf(PAGE_FIELDS, goodText.map(quoted)).map(object),
  campaign: textsOf(CAMPAIGN_FIELDS, goodText.map(quoted)).map(object),
  device: textsOf(DEVICE_FIELDS, goodText.map(quoted)).map(object),
  consent: someOf({ analytics: BOOLEANS, marketing: BOOLEANS }).map(object),
  source: oneOf(...SOURCES).map(quoted),
  properties: goodProperties,
};

export const goodMembers = fc
  .record({
    event_id: goodId.map(quoted),
    store: oneOf('demo', 'demo', 'demo', 'other_1').map(quoted),
    type: oneOf(...BUILT_IN_TYPES, ...BUILT_IN_TYPES, 'custom:thing').map(quoted),
    occurred_at: fc.integer({ min: NOW - 20 * DAY_MS, max: NOW }).map(String),
    visitor_id: goodId.map(quoted),
    ids: fc.tuple(goodId.map(quoted), goodId.map(quoted)),
    items: fc.array(goodItem, { maxLength: 3 }),
    amounts: someOf({ items: money, discount: money, tax: money, shipping: money }),
    total: fc.integer({ min: 1, max: 100_000 }).map(String),
    friction: someOf({ message: goodText.map(quoted) }),
    optional: someOf(OPTIONAL),
    everywhere: fc.integer({ min: 0, max: 3 }),
  })
  .map(
    ({
      event_id,
      store,
      type,
      occurred_at,
      visitor_id,
      ids,
      items,
      amounts,
      total,
      friction,
      optional,
      everywhere,
    }): Members => {
      const isOrder = type === '"purchase"' || type === '"refund"';
      const isChange = type === '"add_to_cart"' || type === '"remove_from_cart"';
      const lines =
        isChange && items.length === 0
          ? [
              [
                ['product_id', '"p"'],
                ['quantity', '1'],
              ] as const,
            ]
          : items;
      return [
        ['event_id', event_id],
        ['store_id', store],
        ['type', type],
        ['occurred_at', occurred_at],
        ['visitor_id', visitor_id],
        ...optional,
        ...(isOrder ? [['order_id', ids[0]] as const, ['refund_id', ids[1]] as const] : []),
        ['currency', '"EUR"'],
        ...(isChange || everywhere === 0 ? [['items', `[${lines.map(object).join(',')}]`] as const] : []),
        ...(type === '"add_to_cart"' && everywhere < 2 ? [['cart_snapshot', 'true'] as const] : []),
        ...(isOrder || everywhere === 1 ? [['amounts', object([...amounts, ['total', total]])] as const] : []),
        ...(type === '"friction"' || everywhere === 2
          ? [['friction', object([['code', '"slow"'], ...friction])] as const]
          : []),
      ];
    },
  );

/** A member, or one of an object inside, that takes the place of the good one or stands beside it. */
const oddMember: fc.Arbitrary<[string, string]> = fc.oneof(
  fc.tuple(
    oneOf('event_id', 'store_id', 'visitor_id', 'session_id', 'customer_id', 'cart_id', 'order_id', 'refund_id'),
    oddId,
  ),
  fc.tuple(oneOf('occurred_at', 'sent_at'), oddTime),
  fc.tuple(oneOf('revision', 'test', 'cart_snapshot'), fc.oneof(oddNumber, BOOLEANS)),
  fc.tuple(
    oneOf('kind', 'channel', 'checkout_step', 'currency', 'source', 'type'),
    fc.oneof(
      oddText,
      oddId,
      oneOf(
        '"eur"',
        '"XXX"',
        '"JPY"',
        '"refund"',
        '"purchase"',
        '"friction"',
        '"custom:"',
        '"custom:a b"',
        `"custom:${'x'.repeat(64)}"`,
        `"custom:${'x'.repeat(65)}"`,
      ),
    ),
  ),
  fc.tuple(fc.constant('properties'), oddProperties),
  fc
    .tuple(
      oneOf('page', 'campaign', 'device', 'consent', 'amounts', 'friction'),
      fc.array(
        fc.tuple(
          oneOf(
            ...PAGE_FIELDS,
            ...CAMPAIGN_FIELDS,
            ...DEVICE_FIELDS,
            'analytics',
            'marketing',
            'items',
            'total',
            'tax',
            'code',
            'message',
            'other',
          ),
          fc.oneof(oddText, oddNumber, BOOLEANS),
        ),
        { maxLength: 4 },
      ),
    )
    .map(([name, members]): [string, string] => [name, object(members)]),
  fc
    .array(
      fc.oneof(
        goodItem,
        fc.array(
          fc.tuple(
            oneOf('product_id', 'variant_id', 'name', 'category', 'quantity', 'unit_price', 'sku'),
            fc.oneof(oddText, oddId, oddNumber),
          ),
          { maxLength: 6 },
        ),
        fc
          .tuple(
            goodItem,
            fc.tuple(
              oneOf('product_id', 'variant_id', 'quantity', 'unit_price', 'name'),
              fc.oneof(oddId, oddNumber, oddText),
            ),
          )
          .map(([item, [name, json]]): Members => [...item.filter(([other]) => other !== name), [name, json]]),
      ),
      { maxLength: 3 },
    )
    .map((items): [string, string] => ['items', `[${items.map(object).join(',')}]`]),
  fc.tuple(
    oneOf('page', 'items', 'amounts', 'friction', 'consent', 'properties'),
    oneOf(...NO_STRINGS, '"x"', '[{}]', '[[]]', '[1]'),
  ),
  fc.tuple(oneOf('other', 'received_at', '__proto__', 'items ', 'Type'), oneOf('1', '{}', 'null', '"x"')),
  fc.constantFrom<[string, string]>(
    ['items', `[${Array(500).fill('{"product_id":"p","quantity":1}').join(',')}]`],
    ['items', `[${Array(501).fill('{"product_id":"p","quantity":1}').join(',')}]`],
    ['items', `[{"product_id":"p","quantity":${MAX_QUANTITY},"unit_price":1000000}]`],
    ['items', `[{"product_id":"p","quantity":${MAX_QUANTITY},"unit_price":1000001}]`],
    ['store_id', '"nobody"'],
  ),
);

type Change = (members: Members) => Members;
const change: fc.Arbitrary<Change> = fc.oneof(
  oddMember.map(
    (member): Change =>
      (members) => {
        const at = members.findIndex(([name]) => name === member[0]);
        return at === -1 ? [...members, member] : members.with(at, member);
      },
  ),
  oddMember.map(
    (member): Change =>
      (members) => [...members, member],
  ),
  fc.nat().map(
    (n): Change =>
      (members) =>
        members.toSpliced(n % members.length, 1),
  ),
  fc.nat().map(
    (n): Change =>
      (members) => [...members, members[n % members.length] ?? ['a', '1']],
  ),
  fc.nat().map(
    (n): Change =>
      (members) => [...members.slice(n % members.length), ...members.slice(0, n % members.length)],
  ),
);

const layout: fc.Arbitrary<(json: string) => string> = fc.oneof(
  { weight: 8, arbitrary: fc.constant((json: string) => json) },
  fc.constantFrom(
    (json: string) => ` ${json}`,
    (json: string) => `${json}\n`,
    (json: string) => json.replace(':', ': '),
    (json: string) => json.replaceAll(',', ', '),
    (json: string) => `\ufeff${json}`,
    (json: string) => `[${json}]`,
    (json: string) => `${json}${json}`,
    (json: string) => json.slice(0, -1),
    (json: string) => json.replace('"event_id"', '"\\u0065vent_id"'),
  ),
);

/** Texts of events; `isGood`: of nothing but good ones, as a collector writes them. */
export const oddEvents = ({ isGood = false } = {}): fc.Arbitrary<string> => {
  if (isGood) return goodMembers.map(object);
  const changes = fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(change, { minLength: 1, maxLength: 2 }));
  return fc
    .tuple(goodMembers, changes, layout)
    .map(([members, all, lay]) => lay(object(all.reduce<Members>((before, next) => next(before), members))));
};
