import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { at, createReportsWorld, item, type ReportsWorld } from './reports-world.ts';

let world: ReportsWorld;
beforeAll(async () => {
  world = await createReportsWorld(inject('clickhouseUrl'));
});
afterAll(() => world?.[Symbol.asyncDispose]());

const JANUARY = { from: '2027-01-01', to: '2027-01-31' };

const rates = (...rows: [day: string, currency: string, base: string, rate: string][]): Promise<void> =>
  world.world.clickhouse.command(
    `INSERT INTO fx_rates (source, day, currency, base, rate) VALUES ${rows
      .map(([day, currency, base, rate]) => `('ecb', '${day}', '${currency}', '${base}', ${rate})`)
      .join(', ')}`,
  );

const order = (day: string, order_id: string, currency: string, total: number, more: object = {}) =>
  at(day, 'purchase', { visitor_id: order_id, order_id, currency, source: 'browser', amounts: { total, ...more } });

test('converted totals turn each row at its own day, half-even, in currencies of 0, 2 and 3 decimals', async () => {
  await world.createStore('fx', { currency: 'EUR', fx_source: 'ecb' });
  await rates(
    ['2027-01-05', 'JPY', 'EUR', '0.0065'],
    ['2027-01-06', 'JPY', 'EUR', '0.005'],
    ['2027-01-05', 'KWD', 'USD', '3.25'],
    ['2027-01-05', 'EUR', 'USD', '1.25'],
  );
  await world.take('fx', [
    // 1,001 yen are 6.5065 euros, 651 cents; on the next day 5.005, 500.5 cents, to the even 500.
    order('2027-01-05', 'j1', 'JPY', 1_001),
    order('2027-01-06', 'j2', 'JPY', 1_001),
    // 1.001 dinars are 3.25325 dollars, 2.6026 euros, 260 cents.
    order('2027-01-05', 'k1', 'KWD', 1_001),
    order('2027-01-07', 'e1', 'EUR', 100, { discount: 30, shipping: 5 }),
    // 3 yen are 1.5 cents, to the even 2; refunded 1 yen is 0.5 cents, to the even 0.
    order('2027-01-06', 'j3', 'JPY', 3),
    at('2027-01-06', 'refund', {
      visitor_id: 'j3',
      order_id: 'j3',
      refund_id: 'r',
      currency: 'JPY',
      amounts: { total: 1 },
    }),
    at('2027-01-06', 'add_to_cart', { visitor_id: 'c', currency: 'JPY', items: [item('A', 500)] }),
  ]);
  const report = await world.reports.revenue(await world.query('fx', JANUARY));
  expect(report.converted).toEqual({
    currency: 'EUR',
    source: 'ecb',
    rate_days: { from: '2027-01-05', to: '2027-01-06' },
    missing: [],
    carts: { value: 250n, left: 250n, standing: 0n, emptied: 0n, bought: 0n },
    orders: {
      gross_sales: 651n + 500n + 260n + 125n + 2n,
      discounts: 30n,
      tax: 0n,
      shipping: 5n,
      unexplained: 0n,
      order_total: 651n + 500n + 260n + 100n + 2n,
      refunds: 0n,
      net: 651n + 500n + 260n + 100n + 2n,
      net_sales: 651n + 500n + 260n + 95n + 2n,
    },
  });
});

test('an amount below nothing is turned as its opposite is', async () => {
  await world.createStore('below', { currency: 'EUR', fx_source: 'ecb' });
  await rates(['2027-01-10', 'JPY', 'EUR', '0.005']);
  // Items of 10 yen, 13 charged less: unexplained is -3 yen, -1.5 cents, to the even -2.
  const items = [item('A', 10)];
  await world.take('below', [
    at('2027-01-10', 'purchase', { order_id: 'o', currency: 'JPY', items, amounts: { total: 7 } }),
  ]);
  const { converted } = await world.reports.revenue(await world.query('below', JANUARY));
  expect(converted?.orders).toMatchObject({ gross_sales: 5n, unexplained: -2n, order_total: 4n });
});

test('where a rate is missing the totals are null, and the currency and day are named', async () => {
  await world.createStore('missing', { currency: 'EUR', fx_source: 'ecb' });
  await rates(['2027-01-15', 'CHF', 'EUR', '1.05']);
  await world.take('missing', [
    order('2027-01-15', 'c1', 'CHF', 100),
    order('2027-01-16', 'c2', 'CHF', 0),
    at('2027-01-15', 'add_to_cart', { visitor_id: 'c', currency: 'CHF', items: [item('A', 100)] }),
  ]);
  const { converted } = await world.reports.revenue(await world.query('missing', JANUARY));
  expect(converted).toMatchObject({
    rate_days: { from: '2027-01-15', to: '2027-01-15' },
    missing: [{ currency: 'CHF', day: '2027-01-16' }],
    carts: { left: 105n },
    orders: null,
  });
});

test('a store that names no source of rates has no converted totals', async () => {
  await world.createStore('plain');
  await world.take('plain', [order('2027-01-15', 'p1', 'CHF', 100)]);
  expect((await world.reports.revenue(await world.query('plain', JANUARY))).converted).toBeNull();
});

test('the pipeline: leads, cycles, new buyers, targets, and what stands, is won, lost and stale', async () => {
  await world.createStore('pipeline', {
    stages: ['visit', 'add_to_cart', 'purchase'],
    targets: { purchase: 0.25 },
    currency: 'EUR',
  });
  const bought = (time: string, visitor_id: string, order_id: string, customer_id?: string) =>
    at(time, 'purchase', {
      visitor_id,
      order_id,
      source: 'browser',
      amounts: { total: 900 },
      ...(customer_id && { customer_id }),
    });
  await world.take('pipeline', [
    // a knows the shop: in December customer k ordered as another visitor. His cycle is two hours.
    bought('2026-12-01T10:00:00', 'z', 'o0', 'k'),
    at('2027-01-05T10:00:00', 'visit', { visitor_id: 'a' }),
    at('2027-01-05T11:00:00', 'add_to_cart', { visitor_id: 'a', items: [item('A', 900)] }),
    bought('2027-01-05T12:00:00', 'a', 'o1', 'k'),
    // b is new, and comes back to buy again a day later without an event before it.
    at('2027-01-06T10:00:00', 'visit', { visitor_id: 'b' }),
    bought('2027-01-06T10:30:00', 'b', 'o2'),
    bought('2027-01-07T10:30:00', 'b', 'o3'),
    // c leaves a cart because of the shipping, d only looks.
    at('2027-01-08T10:00:00', 'add_to_cart', { visitor_id: 'c', items: [item('A', 300)] }),
    at('2027-01-08T10:01:00', 'friction', { visitor_id: 'c', friction: { code: 'shipping_cost_shown' } }),
    at('2027-01-09T10:00:00', 'visit', { visitor_id: 'd' }),
    at('2027-01-31T10:00:00', 'add_to_cart', { visitor_id: 'e', items: [item('A', 100)] }),
  ]);
  const asked = await world.query('pipeline', JANUARY);
  const report = await world.reports.pipeline({ ...asked, as_of: Date.parse('2027-02-01T00:00:00Z') });
  expect(report).toMatchObject({
    leads: 5,
    orders: 3,
    orders_per_lead: 0.6,
    sales_cycle: { orders: 2, median_ms: 1_800_000, p90_ms: 7_200_000 },
    average_order_value: { EUR: 900n },
    standing: { carts: 0, value: {} },
    won: { carts: 1, value: { EUR: 900n } },
    lost: {
      carts: 1,
      value: { EUR: 300n },
      reasons: [{ code: 'shipping_cost_shown', carts: 1, value: { EUR: 300n } }],
    },
    stale: { carts: 1, value: { EUR: 100n } },
    new_buyers: 1,
    bottleneck: null,
  });
  expect(
    report.stages.map(({ stage, conversion_from_first, target, difference }) => [
      stage,
      conversion_from_first,
      target,
      difference,
    ]),
  ).toEqual([
    ['visit', 1, null, null],
    ['add_to_cart', 0.333333, null, null],
    ['purchase', 0.333333, 0.25, 0.083333],
  ]);
});
