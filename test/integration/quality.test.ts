/** A store fed with faults of which every number is known. */
import { defineQuery, integer } from '@cartledger/clickhouse';
import { RECEIVED_AT_HEADER } from '@cartledger/event-log';
import { createCalendar } from '@cartledger/funnel';
import { qualityDay } from '@cartledger/funnel/testing';
import { createQuality } from '@cartledger/reports';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { type Pipeline, startPipeline } from './pipeline.ts';
import { until } from './until.ts';

/** A zone whose days begin at a quarter to the hour. */
const ZONE = 'Asia/Kathmandu';
const [A, B, TODAY] = ['2026-03-07', '2026-03-08', '2026-03-10'] as const;
const START_A = createCalendar(ZONE).dayStart(A);
const START_B = createCalendar(ZONE).dayStart(B);
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const begun = performance.now();
/** Time goes on from noon of the third day, so that no run meets a midnight. */
const now = (): number => Date.UTC(2026, 2, 10, 6) + Math.round(performance.now() - begun);

type Sent = Record<string, unknown>;
type Delivery = { event: Sent | string; received_at: number };

let events = 0;
/** Received when it happened, unless said otherwise. */
const delivery = (at: number, fields: Sent, received_at = at): Delivery => ({
  event: { event_id: `e${++events}`, store_id: 'shop', type: 'visit', occurred_at: at, ...fields },
  received_at,
});
const line = (product_id: string, unit_price?: number) => ({
  currency: 'EUR',
  items: [{ product_id, quantity: 1, ...(unit_price !== undefined && { unit_price }) }],
});
const add = (visitor_id: string, product_id: string, price: number | undefined, more: Sent = {}): Sent => ({
  type: 'add_to_cart',
  visitor_id,
  source: 'browser',
  ...line(product_id, price),
  ...more,
});
const purchase = (visitor_id: string, order_id: string, total: number, more: Sent = {}): Sent => ({
  type: 'purchase',
  visitor_id,
  order_id,
  currency: 'EUR',
  amounts: { total },
  source: 'browser',
  ...more,
});

const bought = add('buyer', 'shoe', 1_000, { event_id: 'repeated', cart_id: 'c1' });

/** By day of receipt; the day of the figure is the same unless said. */
const DELIVERIES: readonly Delivery[] = [
  // Day A, from its first instant on.
  delivery(START_A, { visitor_id: 'buyer' }),
  delivery(START_A + MINUTE_MS, bought),
  delivery(START_A + MINUTE_MS, bought, START_A + 2 * MINUTE_MS),
  delivery(START_A + 3 * MINUTE_MS, purchase('buyer', 'o1', 1_000, { cart_id: 'c1' })),
  // Two events of one id: in two months (the first is late), and of two visitors on day B.
  delivery(START_A - 10 * DAY_MS, { visitor_id: 'months', event_id: 'twice' }, START_A + 4 * MINUTE_MS),
  delivery(START_A + 4 * MINUTE_MS, { visitor_id: 'months', event_id: 'twice' }),
  delivery(START_A - DAY_MS, { visitor_id: 'on time' }, START_A),
  delivery(START_A - DAY_MS - 1, { visitor_id: 'late' }, START_A),
  delivery(START_A + 5 * MINUTE_MS, { visitor_id: 'template', cart_id: 'undefined', session_id: 'null' }),
  // Carts without an id, and without a price.
  delivery(START_A + 6 * MINUTE_MS, add('no id', 'hat', 500)),
  delivery(START_A + 7 * MINUTE_MS, add('no price', 'scarf', undefined, { cart_id: 'c2' })),
  // Of two lines of one remove, one is not in the cart; then nothing is.
  delivery(START_A + 7 * MINUTE_MS + 30_000, {
    ...add('no price', 'scarf', undefined, { cart_id: 'c2' }),
    type: 'remove_from_cart',
    items: [
      { product_id: 'scarf', quantity: 1 },
      { product_id: 'glove', quantity: 1 },
    ],
  }),
  delivery(START_A + 7 * MINUTE_MS + 40_000, {
    ...add('no price', 'scarf', undefined, { cart_id: 'c2' }),
    type: 'remove_from_cart',
  }),
  // Not taken.
  { event: '{"cut off', received_at: START_A + 8 * MINUTE_MS },
  delivery(START_A + 8 * MINUTE_MS, { visitor_id: 'x', type: 'visitt' }),
  delivery(START_A + 8 * MINUTE_MS, { visitor_id: 'x', type: 'visitt' }),
  delivery(START_A + 8 * MINUTE_MS, { visitor_id: 'x', store_id: 'another' }),
  // Its last instant.
  delivery(START_B - 1, { visitor_id: 'last minute' }),

  // Day B.
  delivery(START_B, { visitor_id: 'first minute' }),
  delivery(START_A + MINUTE_MS, bought, START_B + MINUTE_MS),
  delivery(START_B + MINUTE_MS, { visitor_id: 'one', event_id: 'shared' }),
  delivery(START_B + MINUTE_MS, { visitor_id: 'two', event_id: 'shared' }),
  // Three hours behind; and by as much as is let pass.
  delivery(START_B - 180 * MINUTE_MS, { visitor_id: 'slow', sent_at: START_B - 180 * MINUTE_MS }, START_B),
  delivery(START_B, { visitor_id: 'exact', sent_at: START_B + 2_000 }, START_B + 4_000),
  // Of whom nothing was seen; its webhook says another amount.
  delivery(START_B + 2 * MINUTE_MS, purchase('unseen', 'o2', 2_000)),
  delivery(START_B + 2 * MINUTE_MS, purchase('hook', 'o2', 2_100, { source: 'webhook' })),
  // 40 of 4,000 are not explained: with o2's 2,100, of 6,100.
  delivery(START_B + 3 * MINUTE_MS, { visitor_id: 'odd' }),
  delivery(START_B + 4 * MINUTE_MS, purchase('odd', 'o3', 4_000, { amounts: { items: 3_960, total: 4_000 } })),
  // He was seen before his first order, so his next are no visitor's of whom nothing was seen; unlike hers.
  delivery(START_B + 4 * MINUTE_MS + 10_000, purchase('odd', 'o6', 0, { customer_id: 'new here' })),
  delivery(START_B + 4 * MINUTE_MS + 20_000, purchase('unseen', 'o7', 0)),
  delivery(START_B + 5 * MINUTE_MS, { visitor_id: 'till' }),
  delivery(START_B + 6 * MINUTE_MS, purchase('till', 'o4', 0, { channel: 'pos', source: 'server' })),
  delivery(START_B + 7 * MINUTE_MS, purchase('tester', 'o5', 5_000, { test: true })),
  delivery(START_B + 8 * MINUTE_MS, {
    ...purchase('buyer', 'o1', 1_000),
    type: 'refund',
  }),
  // Nothing was seen of him since yesterday's order, but before it.
  delivery(START_B + 8 * MINUTE_MS + 10_000, purchase('buyer', 'o8', 0)),
  // A crawler puts something into a cart.
  delivery(START_B + 9 * MINUTE_MS, {
    visitor_id: 'crawler',
    device: { user_agent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' },
  }),
  delivery(START_B + 9 * MINUTE_MS, add('crawler', 'hat', 500, { cart_id: 'c3' })),
];

let pipeline: Pipeline;
let writeKey: string;
beforeAll(async () => {
  pipeline = await startPipeline({ clickhouseUrl: inject('clickhouseUrl'), log: { driver: 'embedded' }, now });
  await pipeline.control.stores.create('shop', { time_zone: ZONE });
  await pipeline.control.stores.create('silent');
  ({ key: writeKey } = await pipeline.control.keys.create('shop', 'events:write'));
});
afterAll(() => pipeline[Symbol.asyncDispose]());

const qualityOf = async (store_id: string, from: string, to: string) => {
  const { clickhouse, control } = pipeline;
  const store = await control.stores.get(store_id);
  if (!store) throw new Error(`no store ${store_id}`);
  const { definition, versions } = store;
  return createQuality({ clickhouse, rejections: control.rejections.list, now })({
    store_id,
    definition,
    versions,
    from,
    to,
  });
};

test('known faults give exactly the known counts, on the store’s own days', async () => {
  const visit = { type: 'visit', occurred_at: now(), visitor_id: 'web' };
  const answer = await pipeline.post(
    writeKey,
    JSON.stringify([
      { ...visit, event_id: 'w1', session_id: 'undefined' },
      { ...visit, event_id: 'w2', type: 'visitt' },
      { ...visit, event_id: 'w3', visitor_id: 'null' },
      { ...visit, event_id: 'w4', visitor_id: 'null' },
    ]),
  );
  expect(answer).toMatchObject({ status: 202, body: { accepted: 1 } });
  await pipeline.log.produce(
    pipeline.topic,
    DELIVERIES.map(({ event, received_at }) => ({
      key: `shop:${typeof event === 'string' ? '' : String(event.visitor_id)}`,
      value: Buffer.from(typeof event === 'string' ? event : JSON.stringify(event)),
      headers: { [RECEIVED_AT_HEADER]: String(received_at) },
    })),
  );
  await pipeline.settled(['shop']);
  // The collector adds its counts every ten seconds.
  await until('the collector’s counts are stored', 20_000, async () => {
    const rows = await pipeline.control.rejections.list('shop', 0, now());
    return rows.reduce((sum, { count }) => sum + count, 0) === 3;
  });

  const report = await qualityOf('shop', '2026-03-01', TODAY);
  expect(report.days).toEqual([
    qualityDay(A, {
      deliveries: 14,
      events: 13,
      duplicates: 1,
      late: 2,
      rejected: [
        { code: 'unknown_type', count: 2 },
        { code: 'malformed_json', count: 1 },
      ],
      junk_ids: 2,
      conflicts: { events: 1, orders: 0 },
      orders: 1,
      unexplained_share: 0,
      carts: 3,
      carts_without_id: 1,
      unpriced_carts: 1,
      unmatched_removes: 2,
    }),
    qualityDay(B, {
      deliveries: 19,
      events: 18,
      duplicates: 1,
      conflicts: { events: 1, orders: 1 },
      orders: 6,
      test_orders: 1,
      orders_without_cart: [
        { reason: 'no_add_seen', orders: 5 },
        { reason: 'other_channel', orders: 1 },
      ],
      unexplained: { EUR: 40n },
      // 40 / 6,100.
      unexplained_share: 0.006557,
      purchases_without_earlier_event: 2,
      browser_refunds: 1,
      clock_errors: { deliveries: 1, largest_ms: 180 * MINUTE_MS },
      bots: { visitors: 1, carts: 1 },
    }),
    qualityDay('2026-03-09'),
    qualityDay(TODAY, {
      deliveries: 1,
      events: 1,
      rejected: [
        { code: 'bad_id', count: 2 },
        { code: 'unknown_type', count: 1 },
      ],
      junk_ids: 1,
    }),
  ]);
  expect(report).toMatchObject({ report: 'quality', store_id: 'shop', open_from: '2026-03-09' });
  expect(report.verdict.level).toBe('poor');
  expect(report.verdict.sentences[0]).toMatch(
    /^15 % of the events sent \(6 of 40\) were rejected, most often for unknown_type \(3\)/,
  );
});

test('a period is told alone, and a store of which nothing is known has a report too', async () => {
  const { days } = await qualityOf('shop', B, B);
  expect(days).toMatchObject([{ day: B, deliveries: 19, events: 18, purchases_without_earlier_event: 2 }]);
  expect(await qualityOf('silent', A, B)).toMatchObject({
    days: [],
    verdict: { level: 'poor', sentences: [expect.stringContaining('Nothing came in')] },
  });
});

test('what a later run counts again stands for nothing, and what it does not stays', async () => {
  const { clickhouse } = pipeline;
  // Partition 0: a run that had committed up to 100, one that died in its first batch, its successor. Partition 1: one run.
  await clickhouse.command(`INSERT INTO intake_runs (log_epoch, log_partition, generation, start_offset)
    VALUES ('w', 0, 10, 0), ('w', 0, 20, 100), ('w', 0, 30, 100), ('w', 1, 10, 0)`);
  await clickhouse.command(`INSERT INTO intake (store_id, quarter, measure, log_epoch, log_partition, generation,
      first_offset, batch_offset, counted_before, counted) VALUES
    ('worked', 0, 'delivered', 'w', 0, 10, 0, 50, 50, 49),
    ('worked', 0, 'late', 'w', 0, 10, 0, 100, 3, 4),
    ('worked', 0, 'delivered', 'w', 0, 10, 150, 150, 0, 1000),
    ('worked', 0, 'delivered', 'w', 0, 20, 100, 100, 0, 1000),
    ('worked', 0, 'delivered', 'w', 0, 30, 100, 180, 30, 20),
    ('worked', 0, 'clock_error_max_ms', 'w', 0, 30, 100, 180, 900, 300),
    ('worked', 0, 'delivered', 'w', 1, 10, 0, 0, 0, 7)`);
  // What the third run had written before its last batch.
  await clickhouse.command(`INSERT INTO intake (store_id, quarter, measure, log_epoch, log_partition, generation,
      first_offset, batch_offset, counted_before, counted) VALUES ('worked', 0, 'delivered', 'w', 0, 30, 100, 100, 0, 30)`);
  const worked = defineQuery({
    name: 'worked',
    sql: `SELECT measure, sum(n) AS total FROM intake_counts WHERE store_id = 'worked' GROUP BY measure ORDER BY measure`,
    params: z.object({}),
    row: z.object({ measure: z.string(), total: integer }),
  });
  expect(await clickhouse.query(worked, {})).toEqual([
    { measure: 'clock_error_max_ms', total: 900 },
    { measure: 'delivered', total: 99 + 50 + 7 },
    { measure: 'late', total: 3 },
  ]);
});
