/** TEST ONLY: random histories that crowd around the thresholds of numbers.md; a seed gives one history. */
import type { Amounts, Delivery, EventType, Item, Source } from '@cartledger/events';
import {
  DAY_MS,
  DEFAULT_DEFINITION,
  type Definition,
  FUNNEL_MODES,
  FUNNEL_UNITS,
  HOUR_MS,
  MINUTE_MS,
} from '../definition.ts';

export type Random = {
  below(n: number): number;
  chance(p: number): boolean;
  pick<T>(from: readonly [T, ...T[]]): T;
};

/** mulberry32 */
export const createRandom = (seed: number): Random => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return { below, chance: (p) => next() < p, pick: (from) => from[below(from.length)] ?? from[0] };
};

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

const STAGES: readonly [readonly string[], ...(readonly string[])[]] = [
  DEFAULT_DEFINITION.stages,
  ['visit', 'add_to_cart', 'checkout', 'checkout.contact', 'purchase'],
  ['purchase', 'custom:x', 'purchase'],
  ['add_to_cart', 'friction', 'refund'],
  ['visit', 'product_view'],
];

const ZONES: readonly [string, ...string[]] = [
  'UTC',
  'Europe/Berlin',
  'America/Havana',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
];

export const randomDefinition = (random: Random): Definition => ({
  ...DEFAULT_DEFINITION,
  time_zone: random.pick(ZONES),
  stages: random.pick(STAGES),
  funnels: FUNNEL_UNITS.flatMap((unit) =>
    FUNNEL_MODES.map((mode) => ({ unit, mode, window_ms: random.pick([HOUR_MS, 7 * DAY_MS]) })),
  ),
  recovery_ms: random.pick([7 * DAY_MS, DAY_MS]),
});

const itemsOf = (random: Random, priced: number): Item[] =>
  Array.from({ length: random.below(4) }, () => ({
    product_id: random.pick(['A', 'B', 'C']),
    quantity: 1 + random.below(3),
    ...(random.chance(0.2) ? { variant_id: 'x' } : {}),
    ...(random.chance(priced) ? { unit_price: random.pick([0, 5, 100, 333]) } : {}),
  }));

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

const SOURCES: readonly [Source, ...Source[]] = ['browser', 'server', 'webhook', 'import'];

/** Deliveries of at most `length` events, some repeated, in random order of arrival; every received_at is unique. */
export const randomHistory = (random: Random, length: number, visitors = 3): Delivery[] => {
  const start = Date.parse(random.pick(['2026-01-30T22:59:00Z', '2026-03-28T21:00:00Z', '2026-10-24T22:00:00Z']));
  const deliveries: Delivery[] = [];
  const carts = random.pick([0, 0.3, 0.7]);
  const gaps = random.pick([GAPS.length, 8, 13]);
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
      currency: random.pick(['EUR', 'EUR', 'EUR', 'USD']),
      occurred_at: now + (skew ?? 0),
      ...(random.chance(0.3) ? { session_id: `s${random.below(2)}` } : {}),
      ...(random.chance(carts) ? { cart_id: `c${random.chance(0.5) ? visitor : random.below(3)}` } : {}),
      ...(random.chance(0.6) ? { source: random.pick(SOURCES) } : {}),
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
  for (let i = deliveries.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const [a, b] = [deliveries[i], deliveries[j]];
    if (a && b) [deliveries[i], deliveries[j]] = [b, a];
  }
  return deliveries;
};
