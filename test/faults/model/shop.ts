import { RECEIVED_AT_HEADER } from '@cartledger/event-log';
import type { Random } from '@cartledger/funnel/testing';
import type { Profile } from './world/profiles.ts';
import { START } from './world/scheduler.ts';

type Way = 'post' | 'topic' | 'import';

/** What has to become of a delivery; known because it was made so, never by asking the product. */
export type Verdict = 'good' | 'poison' | (string & {});

/** One delivery as its sender sends it. */
export type Sent = {
  readonly n: number;
  readonly way: Way;
  readonly store_id: string;
  readonly verdict: Verdict;
  /** Null: bytes that name no event. */
  readonly event_id: string | null;
  readonly key: string;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  /** What came back: 202, a reject code; null until then. */
  answer: 202 | string | null;
};

export type Input = { readonly at: number; readonly way: Way; readonly sent: readonly Sent[] };

/** Deliveries written to the topic directly carry their number, so that bytes that are no event are known again. */
export const NUMBER_HEADER = 'faults-n';
/** A session of that name makes the store refuse the row. */
export const POISON = 'poison';
export const STORES = ['shop', 'other'] as const;
export const LATE_STORE = 'newcomer';
const DAY_MS = 86_400_000;

type Fields = Record<string, unknown>;

const BAD: readonly [string, (event: Fields) => Buffer | null][] = [
  ['malformed_json', () => Buffer.from('{"event_id": "')],
  ['malformed_json', () => null],
  ['malformed_json', () => Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
  ['not_an_object', () => Buffer.from('[1]')],
  ['not_an_object', () => Buffer.from('null')],
  ['too_large', (event) => json({ ...event, friction: { code: 'x', message: 'y'.repeat(70_000) } })],
  ['unknown_store', (event) => json({ ...event, store_id: 'nobody' })],
  ['too_old', (event) => json({ ...event, occurred_at: START - 500 * DAY_MS })],
  ['too_far_ahead', (event) => json({ ...event, occurred_at: START + 30 * DAY_MS })],
  ['before_2015', (event) => json({ ...event, occurred_at: 1_000 })],
  ['bad_time', (event) => json({ ...event, occurred_at: 'yesterday' })],
  ['email_as_id', (event) => json({ ...event, customer_id: 'jo@example.com' })],
  ['unknown_type', (event) => json({ ...event, type: 'look' })],
  ['missing_field', (event) => json({ ...event, visitor_id: undefined })],
  [
    'missing_currency',
    (event) => json({ ...event, type: 'purchase', order_id: 'o1', currency: undefined, amounts: { total: 5 } }),
  ],
  ['bad_currency', (event) => json({ ...event, currency: 'euro' })],
  [
    'bad_money',
    (event) => json({ ...event, type: 'purchase', order_id: 'o1', currency: 'EUR', amounts: { total: -5 } }),
  ],
  ['bad_quantity', (event) => json({ ...event, items: [{ product_id: 'p', quantity: 0 }] })],
  ['no_items', (event) => json({ ...event, type: 'add_to_cart', items: [] })],
  ['wrong_type', (event) => json({ ...event, page: 'home' })],
];

/** What can be sent by POST: an event that is bad, not bytes that are none. */
const BAD_BY_POST = new Set([
  'too_old',
  'too_far_ahead',
  'before_2015',
  'bad_time',
  'email_as_id',
  'unknown_type',
  'missing_field',
  'bad_currency',
  'bad_money',
  'bad_quantity',
  'no_items',
  'wrong_type',
]);

const json = (event: Fields): Buffer => Buffer.from(JSON.stringify(event));

const eventOf = (random: Random, n: number, store_id: string): Fields => {
  const base: Fields = {
    event_id: `e${n}`,
    store_id,
    visitor_id: `v${random.below(4)}`,
    // Also in the month before, which is another partition of the table.
    occurred_at: START - random.below(20 * DAY_MS),
    ...(random.chance(0.3) ? { session_id: `s${random.below(3)}` } : {}),
    ...(random.chance(0.3) ? { source: 'server' } : {}),
  };
  const cart = random.chance(0.6) ? { cart_id: `c${random.below(3)}` } : {};
  const items = [
    { product_id: random.pick(['A', 'B']), quantity: 1 + random.below(3), unit_price: 100 + random.below(900) },
  ];
  switch (random.below(6)) {
    case 0:
      return { ...base, type: 'visit', page: { path: '/' } };
    case 1:
      return { ...base, type: 'product_view' };
    case 2:
      return { ...base, ...cart, type: 'add_to_cart', currency: 'EUR', items };
    case 3:
      return { ...base, ...cart, type: 'checkout', currency: 'EUR', items, checkout_step: 'start' };
    case 4:
      return {
        ...base,
        ...cart,
        type: 'purchase',
        order_id: `o${random.below(4)}`,
        currency: 'EUR',
        items,
        amounts: { total: 1 + random.below(5_000) },
      };
    default:
      return {
        ...base,
        type: 'refund',
        order_id: `o${random.below(4)}`,
        refund_id: `r${n}`,
        currency: 'EUR',
        amounts: { total: 1 + random.below(500) },
      };
  }
};

type Made = { fields: Fields; value: Buffer | null; verdict: Verdict; hasId: boolean };

const SPAN_MS = 20_000;

/** What storefronts send in a seed: by POST, straight to the topic, and as imports; good, bad, poisonous, repeated. */
export const inputsOf = (random: Random, events: number, { shop }: Profile): Input[] => {
  const inputs: Input[] = [];
  const known: { fields: Fields; verdict: Verdict }[] = [];
  let n = 0;

  const fresh = (way: Way, store_id: string): Made => {
    const fields = eventOf(random, n, store_id);
    if (random.chance(shop.bad / 1_000)) {
      const kinds =
        way === 'topic'
          ? BAD
          : BAD.filter(([code]) => BAD_BY_POST.has(code) && !(way === 'import' && code === 'too_old'));
      const [verdict, spoil] = kinds[random.below(kinds.length)] ?? BAD[0] ?? ['malformed_json', () => null];
      const value = spoil(fields);
      return { fields, value, verdict, hasId: false };
    }
    const poisoned = random.chance(shop.poison / 1_000);
    if (poisoned) fields.session_id = POISON;
    const verdict = poisoned ? 'poison' : 'good';
    known.push({ fields, verdict });
    return { fields, value: json(fields), verdict, hasId: true };
  };

  const again = (way: Way, store_id: string): Made | null => {
    // A key is of one store; who writes to the topic needs none.
    const possible = known.filter(
      ({ fields, verdict }) => verdict === 'good' && (way !== 'post' || fields.store_id === store_id),
    );
    const before = possible[random.below(Math.max(1, possible.length))];
    if (before === undefined) return null;
    const contradicted = random.chance(shop.contradicted / Math.max(1, shop.repeated));
    const fields = contradicted ? { ...before.fields, device: { type: `d${n}` } } : before.fields;
    return { fields, value: json(fields), verdict: 'good', hasId: true };
  };

  const one = (way: Way, store_id: string, at: number): Sent => {
    const repeat = random.chance(shop.repeated / 1_000) ? again(way, store_id) : null;
    const { fields, value, verdict, hasId } = repeat ?? fresh(way, store_id);
    const store = String(fields.store_id);
    const stamped = random.chance(0.7);
    // An import keeps its own time of receipt.
    const received_at = Math.max(START - random.below(3 * DAY_MS), Number(fields.occurred_at) || START);
    const body = way === 'import' && value !== null && hasId ? json({ ...fields, received_at }) : value;
    return {
      n: n++,
      way,
      store_id: store,
      verdict,
      event_id: hasId ? String(fields.event_id) : null,
      key: `${store}:${String(fields.visitor_id)}`,
      value: body,
      headers: way === 'topic' && stamped ? { [RECEIVED_AT_HEADER]: String(at - random.below(5_000)) } : {},
      answer: null,
    };
  };

  while (n < events) {
    const at = START + random.below(SPAN_MS);
    const way: Way = random.pick(['post', 'post', 'post', 'post', 'post', 'post', 'topic', 'topic', 'topic', 'import']);
    const store_id = random.chance(0.8) ? STORES[0] : STORES[1];
    const size = Math.min(events - n, 1 + random.below(6));
    inputs.push({ at, way, sent: Array.from({ length: size }, () => one(way, store_id, at)) });
  }
  // A store is made, and told of at once: nobody's directory of stores has it yet.
  const at = START + random.below(SPAN_MS);
  inputs.push({ at, way: 'topic', sent: [late(random, n, at)] });
  return inputs.sort((a, b) => a.at - b.at);
};

const late = (random: Random, n: number, _at: number): Sent => {
  const fields = eventOf(random, n, LATE_STORE);
  return {
    n,
    way: 'topic',
    store_id: LATE_STORE,
    verdict: 'good',
    event_id: String(fields.event_id),
    key: `${LATE_STORE}:${String(fields.visitor_id)}`,
    value: json(fields),
    headers: {},
    answer: null,
  };
};
