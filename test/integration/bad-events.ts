/** Whole journeys whose numbers are known, and events with one wrong thing each. */
import { REJECT_DOCS, type RejectCode } from '@cartledger/events';
import { DAY_MS } from '@cartledger/funnel';

type Sent = Record<string, unknown>;

export const NOW = Date.now();
const FIRST = NOW - 2 * 3_600_000;
export const STAGES = ['visit', 'product_view', 'add_to_cart', 'checkout', 'purchase'] as const;
const SHIPPING = 490;

const lineOf = (journey: number) => ({
  product_id: `p${journey % 20}`,
  name: 'Töpfe "9"',
  quantity: 1 + (journey % 3),
  unit_price: 1_000 + (journey % 97),
});
const cartValue = (journey: number): number => lineOf(journey).quantity * lineOf(journey).unit_price;

/** One event a stage: every journey has a visitor, a cart and an order of its own. `name` keeps them apart. */
export const journey = (name: string, number: number): Sent[] =>
  STAGES.map((type, stage) => ({
    event_id: `${name}-${number}-${type}`,
    type,
    occurred_at: FIRST + number * 10 + stage * 60_000,
    visitor_id: `${name} ${number} ü`,
    ...(stage >= 2 && { cart_id: `${name}-${number}`, currency: 'EUR', items: [lineOf(number)] }),
    ...(type === 'purchase' && {
      order_id: `${name}-${number}`,
      amounts: { items: cartValue(number), shipping: SHIPPING, total: cartValue(number) + SHIPPING },
    }),
  }));

export const journeys = (name: string, count: number): Sent[] =>
  Array.from({ length: count }, (_, number) => journey(name, number)).flat();

/** What the reports have to say of journeys 0 to `count` - 1, in minor units. */
export const truthOf = (count: number) => {
  const value = Array.from({ length: count }, (_, number) => BigInt(cartValue(number))).reduce((a, b) => a + b, 0n);
  const shipping = BigInt(SHIPPING * count);
  return { journeys: count, value, shipping, total: value + shipping };
};
export type Truth = ReturnType<typeof truthOf>;

export type Bad = { code: RejectCode; field: string; message: string; sent: unknown };
/** `subject`: how the message begins, which names the field and, where it is nobody's secret, the value. */
type BadCase = { code: RejectCode; field: string; subject: string; spoil: (purchase: Sent, n: number) => unknown };

const over = (field: string, value: unknown) => (purchase: Sent) => ({ ...purchase, [field]: value });
const items = (line: Sent) => over('items', [{ product_id: 'p', quantity: 1, unit_price: 100, ...line }]);
const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });

const CASES: readonly BadCase[] = [
  { code: 'not_an_object', field: '', subject: 'the event', spoil: (_, n) => [n] },
  { code: 'missing_field', field: 'event_id', subject: 'event_id', spoil: over('event_id', undefined) },
  { code: 'missing_field', field: 'order_id', subject: 'order_id', spoil: over('order_id', undefined) },
  { code: 'wrong_type', field: 'visitor_id', subject: 'visitor_id (7)', spoil: over('visitor_id', 7) },
  {
    code: 'bad_value',
    field: 'checkout_step',
    subject: 'checkout_step ("begin")',
    spoil: over('checkout_step', 'begin'),
  },
  {
    code: 'too_long',
    field: 'cart_id',
    subject: `cart_id ("${'c'.repeat(40)}…")`,
    spoil: over('cart_id', 'c'.repeat(129)),
  },
  { code: 'bad_text', field: 'page.title', subject: 'page.title', spoil: over('page', { title: 'half \ud83d' }) },
  { code: 'bad_id', field: 'visitor_id', subject: 'visitor_id ("undefined")', spoil: over('visitor_id', 'undefined') },
  { code: 'email_as_id', field: 'customer_id', subject: 'customer_id', spoil: over('customer_id', 'me@example.com') },
  { code: 'unknown_type', field: 'type', subject: 'type ("purchased")', spoil: over('type', 'purchased') },
  { code: 'bad_time', field: 'occurred_at', subject: 'occurred_at ("noon")', spoil: over('occurred_at', 'noon') },
  {
    code: 'before_2015',
    field: 'occurred_at',
    subject: 'occurred_at ("1999-12-31T23:59:59Z")',
    spoil: over('occurred_at', '1999-12-31T23:59:59Z'),
  },
  {
    code: 'too_far_ahead',
    field: 'occurred_at',
    subject: `occurred_at (${NOW + 3 * DAY_MS})`,
    spoil: over('occurred_at', NOW + 3 * DAY_MS),
  },
  {
    code: 'too_old',
    field: 'occurred_at',
    subject: `occurred_at (${NOW - 500 * DAY_MS})`,
    spoil: over('occurred_at', NOW - 500 * DAY_MS),
  },
  { code: 'missing_currency', field: 'currency', subject: 'currency', spoil: over('currency', undefined) },
  { code: 'bad_currency', field: 'currency', subject: 'currency ("Euro")', spoil: over('currency', 'Euro') },
  {
    code: 'bad_money',
    field: 'items[0].unit_price',
    subject: 'items[0].unit_price (19.99)',
    spoil: items({ unit_price: 19.99 }),
  },
  {
    code: 'zero_refund',
    field: 'amounts.total',
    subject: 'amounts.total (0)',
    spoil: (purchase) => ({ ...purchase, type: 'refund', refund_id: 'r', items: undefined, amounts: { total: 0 } }),
  },
  {
    code: 'line_too_large',
    field: 'items[0].unit_price',
    subject: 'items[0].unit_price (1000000000000)',
    spoil: items({ quantity: 2, unit_price: 1_000_000_000_000 }),
  },
  { code: 'bad_quantity', field: 'items[0].quantity', subject: 'items[0].quantity (0)', spoil: items({ quantity: 0 }) },
  {
    code: 'no_items',
    field: 'items',
    subject: 'items (a list of 0)',
    spoil: (purchase) => ({ ...purchase, type: 'remove_from_cart', items: [] }),
  },
  {
    code: 'misplaced_snapshot',
    field: 'cart_snapshot',
    subject: 'cart_snapshot (true)',
    spoil: over('cart_snapshot', true),
  },
  {
    code: 'bad_properties',
    field: 'properties',
    subject: 'properties',
    spoil: over('properties', nested(40)),
  },
];

/** Large ones: a few of them are enough. */
const LARGE_CASES: readonly BadCase[] = [
  {
    code: 'too_many_items',
    field: 'items',
    subject: 'items (a list of 501)',
    spoil: over('items', Array(501).fill({ product_id: 'p', quantity: 1 })),
  },
  {
    code: 'properties_too_large',
    field: 'properties',
    subject: 'properties',
    spoil: over('properties', { text: 'x'.repeat(8 * 1024) }),
  },
  { code: 'too_large', field: '', subject: 'the event', spoil: over('page', { title: 'x'.repeat(65_536) }) },
];

const STORE_CASES: Readonly<Record<'wrong_store' | 'unknown_store', BadCase>> = {
  wrong_store: {
    code: 'wrong_store',
    field: 'store_id',
    subject: 'store_id ("another")',
    spoil: over('store_id', 'another'),
  },
  unknown_store: {
    code: 'unknown_store',
    field: 'store_id',
    subject: 'store_id ("nowhere")',
    spoil: over('store_id', 'nowhere'),
  },
};

/** Bad events of every kind there is; `store`: what a store that is not theirs is called at this door. */
export const badEvents = (count: number, store: keyof typeof STORE_CASES, common: Sent = {}): Bad[] => {
  const cases = [...CASES, STORE_CASES[store]];
  return Array.from({ length: count }, (_, n) => {
    const bad = LARGE_CASES[n] ?? cases[n % cases.length];
    if (!bad) throw new Error('there are no cases');
    const { code, field, subject, spoil } = bad;
    const [purchase = {}] = journey('bad', n).slice(-1);
    const sent = spoil({ ...common, ...purchase }, n);
    return { code, field, message: `${subject} ${REJECT_DOCS[code]}`, sent };
  });
};

/** What a log may hold that is no JSON of one object. */
export const BAD_BYTES: readonly { code: RejectCode; bytes: Buffer | null }[] = [
  { code: 'malformed_json', bytes: null },
  { code: 'malformed_json', bytes: Buffer.alloc(0) },
  { code: 'malformed_json', bytes: Buffer.from('{"event_id":"cut sho') },
  { code: 'malformed_json', bytes: Buffer.from("{'event_id': 'of another language'}") },
  { code: 'malformed_json', bytes: Buffer.from('{"event_id":"one"}\n{"event_id":"two"}') },
  { code: 'malformed_json', bytes: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) },
  { code: 'malformed_json', bytes: Buffer.from('\u0000\u0001 avro, say') },
  { code: 'not_an_object', bytes: Buffer.from('[{"event_id":"in a list"}]') },
  { code: 'not_an_object', bytes: Buffer.from(JSON.stringify('{"event_id":"encoded twice"}')) },
  { code: 'not_an_object', bytes: Buffer.from('null') },
];
