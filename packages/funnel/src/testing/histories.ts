import type { Amounts, Delivery, EventType, Item, Source } from '@cartledger/events';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../definition.ts';
import type { Random } from './random.ts';
import { STARTS_BY_ZONE } from './zones.ts';

const around = (ms: number): number[] => [ms - 1, ms, ms + 1];
const GAPS: readonly [number, ...number[]] = [
  0,
  0,
  1,
  500,
  ...around(2_000),
  MINUTE_MS,
  10 * MINUTE_MS,
  ...around(30 * MINUTE_MS),
  ...around(HOUR_MS),
  2 * HOUR_MS,
  5 * HOUR_MS,
  ...around(DAY_MS),
  3 * DAY_MS,
  ...around(7 * DAY_MS),
  ...around(30 * DAY_MS),
];

const TYPES: readonly [EventType, ...EventType[]] = [
  'visit',
  'product_view',
  'add_to_cart',
  'add_to_cart',
  'add_to_cart',
  'remove_from_cart',
  'cart_view',
  'cart_view',
  'checkout',
  'checkout',
  'friction',
  'purchase',
  'purchase',
  'purchase',
  'refund',
  'custom:x',
];

const CURRENCIES: readonly [readonly [string, ...string[]], ...(readonly [string, ...string[]])[]] = [
  ['EUR', 'EUR', 'EUR', 'USD'],
  ['JPY', 'JPY', 'KWD', 'EUR'],
  ['KWD'],
];

const PEOPLE_AGENT =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.4 Safari/605.1.15';
const BOT_AGENT = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';
/** Longer than a breakdown's values may be, and of two UTF-16 units a character. */
const LONG_VALUE = 'x\u{1F6D2}'.repeat(100);

/** Shops rename what they sell, and many events name nothing. */
const nameOf = (random: Random, product_id: string): Partial<Item> =>
  random.chance(0.3) ? { name: random.pick(['', product_id, `${product_id} (new)`, `Größe "${product_id}"`]) } : {};

const itemOf = (random: Random, product_id: string, priced: number): Item => ({
  product_id,
  quantity: 1 + random.below(3),
  ...nameOf(random, product_id),
  ...(random.chance(0.2) ? { variant_id: 'x' } : {}),
  ...(random.chance(0.4) ? { category: random.pick(['shoes', 'hats', LONG_VALUE]) } : {}),
  ...(random.chance(priced) ? { unit_price: random.pick([0, 5, 100, 333]) } : {}),
});

const itemsOf = (random: Random, priced: number): Item[] =>
  Array.from({ length: random.below(4) }, () => itemOf(random, random.pick(['A', 'B', 'C']), priced));

const amountsOf = (random: Random): Amounts => ({
  total: 1 + random.below(700),
  ...(random.chance(0.4) ? { items: random.below(600) } : {}),
  ...(random.chance(0.3) ? { discount: random.below(50) } : {}),
  ...(random.chance(0.4) ? { tax: random.below(50) } : {}),
  ...(random.chance(0.3) ? { shipping: random.below(50) } : {}),
});

const fieldsOf = (type: EventType, random: Random): Partial<Delivery> => {
  const items = itemsOf(random, 0.85);
  switch (type) {
    case 'product_view':
      return random.chance(0.5) ? { items: items.slice(0, 1) } : {};
    case 'add_to_cart':
      return { items, ...(random.chance(0.2) ? { cart_snapshot: true } : {}) };
    case 'remove_from_cart':
      return { items };
    case 'cart_view':
      return random.chance(0.6) ? { items } : {};
    case 'checkout':
      return {
        ...(random.chance(0.4) ? { items } : {}),
        ...(random.chance(0.7) ? { checkout_step: random.pick(['start', 'contact', 'shipping', 'payment']) } : {}),
      };
    case 'friction':
      return { friction: { code: random.pick(['payment_declined', 'form_error']) } };
    case 'purchase':
      return {
        order_id: `o${random.below(4)}`,
        amounts: amountsOf(random),
        ...(random.chance(0.6) ? { items } : {}),
        ...(random.chance(0.1) ? { test: true } : {}),
        ...(random.chance(0.2) ? { revision: random.below(3) } : {}),
        ...(random.chance(0.1) ? { channel: 'pos' } : {}),
      };
    case 'refund':
      return {
        order_id: `o${random.below(5)}`,
        refund_id: `r${random.below(2)}`,
        amounts: amountsOf(random),
        ...(random.chance(0.4) ? { items } : {}),
      };
    default:
      return {};
  }
};

const propertiesOf = (random: Random): Record<string, unknown> => ({
  ...(random.chance(0.7)
    ? { plan: random.pick(['gold', 'goldfish', 'marigold', 'silver', 'Gold', '', '1', LONG_VALUE]) }
    : {}),
  ...(random.chance(0.6) ? { n: random.pick<unknown>([0, 1, 1, 2, -1.5, '1']) } : {}),
  ...(random.chance(0.3) ? { flag: random.pick<unknown>([true, false, null, ['x'], { y: 1 }]) } : {}),
});

/** Where a visit came from and on what: mostly the visitor's own, now and then another. */
const surroundingsOf = (random: Random, visitor: number, agents: readonly string[]): Partial<Delivery> => {
  const agent = random.chance(0.97) ? agents[visitor] : random.pick([PEOPLE_AGENT, BOT_AGENT]);
  return {
    ...(random.chance(0.4)
      ? {
          campaign: {
            ...(random.chance(0.8) ? { source: random.pick(['google', 'mail']) } : {}),
            ...(random.chance(0.5) ? { name: random.pick(['spring', 'Ärger', LONG_VALUE]) } : {}),
          },
        }
      : {}),
    ...(random.chance(0.6)
      ? {
          device: {
            ...(random.chance(0.7) ? { type: visitor % 2 ? 'mobile' : 'desktop' } : {}),
            ...(random.chance(0.5) ? { country: random.pick(['DE', 'JP']) } : {}),
            ...(agent ? { user_agent: agent } : {}),
          },
        }
      : {}),
    ...(random.chance(0.5) ? { properties: propertiesOf(random) } : {}),
    ...(random.chance(0.1) ? { customer_id: `k${random.below(2)}` } : {}),
    ...(random.chance(0.3) ? { page: { path: random.pick(['/', '/cart', '/shoes']) } } : {}),
  };
};

const SOURCES: readonly [Source, ...Source[]] = ['browser', 'server', 'webhook', 'import'];

/** In place, fair. */
const shuffle = (random: Random, deliveries: Delivery[]): void => {
  for (let i = deliveries.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const [a, b] = [deliveries[i], deliveries[j]];
    if (a && b) [deliveries[i], deliveries[j]] = [b, a];
  }
};

/**
 * Deliveries of at most `length` events of one store, some repeated, in random order of arrival; every received_at
 * is unique. They crowd around the thresholds of the definitions and around the clock changes of the zone; visitors
 * share carts, cart ids are used again after a purchase, and a few of the visitors may be bots.
 */
export const randomHistory = (random: Random, length: number, visitors = 3, zone = 'UTC'): Delivery[] => {
  const start = Date.parse(random.pick(STARTS_BY_ZONE[zone] ?? ['2026-03-28T21:00:00Z']));
  const deliveries: Delivery[] = [];
  const carts = random.pick([0, 0.3, 0.7]);
  const gaps = random.pick([GAPS.length, 8, 13]);
  const currencies = random.pick(CURRENCIES);
  const bots = random.pick([0, 0, 0.4]);
  const agents = Array.from({ length: visitors }, () => (random.chance(bots) ? BOT_AGENT : PEOPLE_AGENT));
  let now = start;
  for (let i = 0; i < length; i++) {
    now += GAPS[random.below(gaps)] ?? 0;
    const type = random.pick(TYPES);
    const visitor = random.below(visitors);
    const skew = random.chance(0.2) ? random.pick([-3_600_000, -2_000, 2_001, 90_000]) : null;
    const event = {
      event_id: `e${random.chance(0.05) ? random.below(length) : i}`,
      store_id: 's',
      type,
      visitor_id: `v${visitor}`,
      payload_hash: 0n,
      currency: random.pick(currencies),
      occurred_at: now + (skew ?? 0),
      ...(random.chance(0.3) ? { session_id: `s${random.below(2)}` } : {}),
      ...(random.chance(carts) ? { cart_id: `c${random.chance(0.5) ? visitor : random.below(3)}` } : {}),
      ...(random.chance(0.6) ? { source: random.pick(SOURCES) } : {}),
      ...surroundingsOf(random, visitor, agents),
      ...fieldsOf(type, random),
    };
    const copies = random.chance(0.15) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const received_at = now + 10_000 * copy + (skew !== null && skew > 0 ? skew : 0);
      const sent = skew !== null && random.chance(0.8) ? { sent_at: received_at + skew } : {};
      deliveries.push({ ...event, received_at: received_at + random.below(5), ...sent });
    }
  }
  const seen = new Set<number>();
  for (const delivery of deliveries) {
    while (seen.has(delivery.received_at)) delivery.received_at++;
    seen.add(delivery.received_at);
  }
  shuffle(random, deliveries);
  return deliveries;
};
