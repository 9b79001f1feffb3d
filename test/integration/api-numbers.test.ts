/** What the API says about a store's numbers, over the whole road: definitions, explanations, timelines, rates. */
import { createApi, createReads } from '@cartledger/api';
import { createLogger, createMetrics } from '@cartledger/service';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { type Pipeline, startPipeline } from './pipeline.ts';
import { until } from './until.ts';

const DAY_MS = 86_400_000;
/** A month ago: everything about it is settled. */
const FIRST = Date.parse(`${new Date(Date.now() - 30 * DAY_MS).toISOString().slice(0, 10)}T00:00:00Z`);
const dayOf = (n: number): string => new Date(FIRST + n * DAY_MS).toISOString().slice(0, 10);
const at = (n: number, hour: number, minute = 0): string =>
  new Date(FIRST + n * DAY_MS + hour * 3_600_000 + minute * 60_000).toISOString();

let ids = 0;
const event = (type: string, visitor_id: string, occurred_at: string, fields: object = {}) => ({
  event_id: `e${++ids}`,
  store_id: 'shop',
  type,
  visitor_id,
  occurred_at,
  received_at: occurred_at,
  ...fields,
});
const mug = (currency: string, unit_price: number) => ({
  currency,
  items: [{ product_id: 'mug', quantity: 1, unit_price }],
});
const order = (order_id: string, currency: string, total: number) => ({
  order_id,
  ...mug(currency, total),
  amounts: { total },
});

const EVENTS = [
  // Day 0: buys at once.
  event('visit', 'ann', at(0, 9), { properties: { tier: 'gold' } }),
  event('add_to_cart', 'ann', at(0, 9, 1), { cart_id: 'c-ann', ...mug('EUR', 1_000), properties: { tier: 'gold' } }),
  event('purchase', 'ann', at(0, 9, 5), { cart_id: 'c-ann', ...order('o-ann', 'EUR', 1_000) }),
  // Day 1: leaves a cart, in dollars.
  event('visit', 'bob', at(1, 10)),
  event('add_to_cart', 'bob', at(1, 10, 1), { cart_id: 'c-bob', customer_id: 'b', ...mug('USD', 333) }),
  event('checkout', 'bob', at(1, 10, 2), { cart_id: 'c-bob' }),
  // Day 5: buys in dollars, of another tier.
  event('visit', 'cas', at(5, 10), { properties: { tier: 'blue' } }),
  event('add_to_cart', 'cas', at(5, 10, 1), { cart_id: 'c-cas', ...mug('USD', 501), properties: { tier: 'blue' } }),
  event('purchase', 'cas', at(5, 10, 2), { cart_id: 'c-cas', ...order('o-cas', 'USD', 501) }),
  // Of another store, the same visitor and the same cart.
  { ...event('add_to_cart', 'ann', at(0, 11), { cart_id: 'c-ann', ...mug('EUR', 9_999) }), store_id: 'other' },
];

let pipeline: Pipeline;
let ask: (path: string, token?: 'read' | 'other' | 'admin', init?: RequestInit) => Promise<Response>;

beforeAll(async () => {
  pipeline = await startPipeline({ clickhouseUrl: inject('clickhouseUrl'), log: { driver: 'embedded' } });
  const { control, clickhouse } = pipeline;
  await control.stores.create('shop', { bots: { exclude: true, max_carts_per_day: 50 } });
  await control.stores.create('other');
  const tokens = {
    read: (await control.keys.create('shop', 'reports:read')).key,
    other: (await control.keys.create('other', 'reports:read')).key,
    admin: (await control.keys.create(null, 'admin')).key,
  };
  const { app } = createApi(
    {
      control,
      clickhouse,
      reports: createReads({ clickhouse, control }),
      metrics: createMetrics(),
      logger: createLogger({ component: 'test', level: 'silent' }),
    },
    { dashboardDir: '/nowhere' },
  );
  ask = async (path, token = 'read', init = {}) =>
    app.request(path, { ...init, headers: { authorization: `Bearer ${tokens[token]}`, ...init.headers } });
  await pipeline.importEvents(EVENTS);
  await pipeline.settled(['shop', 'other'], 60_000);
});
afterAll(() => pipeline[Symbol.asyncDispose]());

const get = async <S extends z.ZodType>(schema: S, path: string, token: 'read' | 'other' | 'admin' = 'read') => {
  const response = await ask(`/api/v1/stores/${path}`, token);
  const body: unknown = await response.json();
  expect(response.status, JSON.stringify(body)).toBe(200);
  return schema.parse(body);
};
const send = async (method: 'PUT' | 'POST', path: string, body: unknown): Promise<Response> =>
  ask(path, 'admin', { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

const PERIOD = `from=${dayOf(0)}&to=${dayOf(9)}`;
const explanation = z.looseObject({
  count: z.number(),
  amount: z.object({ currency: z.string(), amount: z.number() }).nullable(),
  rows: z.array(z.looseObject({ id: z.string(), visitor_id: z.string() })),
});
const timeline = z.looseObject({
  entries: z.array(z.looseObject({ what: z.string(), id: z.string(), rule: z.string() })),
});
const funnel = z.looseObject({
  definition_versions: z.array(z.number()),
  warnings: z.array(z.looseObject({ code: z.string() })),
  stages: z.array(z.looseObject({ stage: z.string(), units: z.number() })),
});

describe('explanations', () => {
  test('who is behind a count, a cart and an amount', async () => {
    const behind = (report: string, figure: string) =>
      get(explanation, `shop/reports/${report}/explain?${PERIOD}&figure=${encodeURIComponent(figure)}`);
    expect(await behind('funnel', 'stage=visit')).toMatchObject({ count: 3, amount: null });
    expect((await behind('funnel', 'stage=purchase,figure=units_any')).rows.map(({ id }) => id).sort()).toEqual([
      'ann',
      'cas',
    ]);
    expect(await behind('abandonment', 'figure=lost')).toMatchObject({
      count: 1,
      rows: [{ id: 'c-bob', visitor_id: 'bob' }],
    });
    expect(await behind('revenue', 'currency=USD,orders=gross_sales')).toMatchObject({
      count: 1,
      amount: { currency: 'USD', amount: 501 },
      rows: [{ id: 'o-cas', amount: 501 }],
    });
  });
});

describe('timelines', () => {
  test('the life of a visitor and that of a cart, from the store that is asked alone', async () => {
    const { entries } = await get(timeline, 'shop/timeline?visitor_id=ann');
    expect(entries.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['visit', 'add_to_cart', 'order', 'purchased']),
    );
    const cart = await get(timeline, 'shop/timeline?cart_key=c-bob');
    expect(cart.entries.map(({ what }) => what)).toEqual(expect.arrayContaining(['abandoned', 'lost']));
    const elsewhere = await get(timeline, 'other/timeline?cart_key=c-ann', 'other');
    expect(JSON.stringify(elsewhere)).toContain('99.99');
    expect(JSON.stringify(entries)).not.toContain('99.99');
  });

  test('nobody else’s token learns anything, nor is there a life of what the store has never seen', async () => {
    const foreign = await ask('/api/v1/stores/shop/timeline?visitor_id=ann', 'other');
    expect(foreign.status).toBe(404);
    expect(await foreign.json()).toMatchObject({ error: { code: 'unknown_store' } });
    for (const [query, code] of [
      ['visitor_id=nobody', 'unknown_visitor'],
      ['cart_key=c-none', 'unknown_cart'],
    ]) {
      const unknown = await ask(`/api/v1/stores/shop/timeline?${query}`);
      expect([unknown.status, await unknown.json()]).toMatchObject([404, { error: { code } }]);
    }
    expect((await ask('/api/v1/stores/other/timeline?visitor_id=bob', 'other')).status).toBe(404);
  });
});

describe('data quality and restatements', () => {
  test('are answered for the days asked', async () => {
    const days = z.looseObject({ days: z.array(z.looseObject({ day: z.string(), carts: z.number() })) });
    const quality = await get(days, `shop/reports/quality?${PERIOD}`);
    expect(quality.days.find(({ day }) => day === dayOf(0))).toMatchObject({ day: dayOf(0), carts: 1 });
    const restated = z.object({ restatements: z.array(z.unknown()) });
    expect(await get(restated, `shop/restatements?${PERIOD}`)).toEqual({ restatements: [] });
  });
});

describe('rates of exchange', () => {
  const converted = z.looseObject({
    converted: z
      .looseObject({
        rate_days: z.looseObject({ from: z.string(), to: z.string() }).nullable(),
        missing: z.array(z.unknown()),
        carts: z.looseObject({ value: z.number() }).nullable(),
        orders: z.looseObject({ order_total: z.number() }).nullable(),
      })
      .nullable(),
  });
  const read = async () => (await get(converted, `shop/reports/revenue?${PERIOD}`)).converted;
  const rate = (n: number, value: string) => ({
    source: 'bank',
    day: dayOf(n),
    currency: 'USD',
    base: 'EUR',
    rate: value,
  });
  const store = async (...rates: object[]) => expect((await send('POST', '/api/v1/fx-rates', rates)).status).toBe(200);

  test('convert each row at its own day’s rate; one that is missing makes the totals null; a mended one counts', async () => {
    expect(await read()).toBeNull();
    expect((await send('PUT', '/api/v1/stores/shop/definition', { fx_source: 'bank' })).status).toBe(200);
    // The source counts once the ledgers have been made by the version that names it.
    await until('the ledgers have been made again', 60_000, async () => (await read()) !== null);
    await store(rate(5, '0.5'));
    expect(await read()).toMatchObject({ missing: [{ currency: 'USD', day: dayOf(1) }], carts: null });
    await store(rate(1, '0.9'), rate(5, '0.123456789012345678'), rate(5, '0.5'));
    // 333 x 0.9 = 299.7 and 501 x 0.5 = 250.5, half to even; 1000 as it is.
    expect(await read()).toMatchObject({
      rate_days: { from: dayOf(1), to: dayOf(5) },
      missing: [],
      carts: { value: 1_000 + 300 + 250 },
      orders: { order_total: 1_000 + 250 },
    });
    const list = z.object({ rates: z.array(z.looseObject({ days: z.number(), rate: z.string() })) });
    const listed = list.parse(await (await ask('/api/v1/fx-rates')).json());
    expect(listed.rates).toEqual([
      { source: 'bank', currency: 'USD', base: 'EUR', days: 2, from: dayOf(1), to: dayOf(5), rate: '0.5' },
    ]);
  });
});

describe('definitions', () => {
  test('a stage of its own from a day on: the days before stay as they were, both are counted by one when asked', async () => {
    const gold = { gold_cart: { type: 'add_to_cart', properties: [{ property: 'tier', prefix: 'b' }] } };
    const changed = await send('PUT', '/api/v1/stores/shop/definition', {
      stages: ['visit', 'gold_cart', 'purchase'],
      stage_predicates: gold,
      breakdown_properties: ['tier'],
      from: dayOf(3),
    });
    expect(changed.status).toBe(200);
    const { definition } = z
      .looseObject({ definition: z.looseObject({ version: z.number() }) })
      .parse(await changed.json());
    const after = `shop/reports/funnel?from=${dayOf(3)}&to=${dayOf(9)}`;
    await until('the ledgers have been made again', 60_000, async () => {
      const { status } = await ask(`/api/v1/stores/${after}`);
      expect([200, 409]).toContain(status);
      return status === 200;
    });
    const units = async (path: string) => (await get(funnel, path)).stages.map(({ stage, units: n }) => [stage, n]);
    expect(await units(after)).toEqual([
      ['visit', 1],
      ['gold_cart', 1],
      ['purchase', 1],
    ]);
    expect((await units(`shop/reports/funnel?from=${dayOf(0)}&to=${dayOf(2)}`)).map(([, n]) => n)).toEqual([
      2, 0, 0, 0, 0,
    ]);

    const across = await ask(`/api/v1/stores/shop/reports/funnel?${PERIOD}`);
    expect([across.status, await across.json()]).toMatchObject([409, { error: { code: 'several_versions' } }]);
    expect(await units(`shop/reports/funnel?${PERIOD}&definition_version=${definition.version}`)).toEqual([
      ['visit', 3],
      ['gold_cart', 1],
      ['purchase', 1],
    ]);
    const unknown = await ask(`/api/v1/stores/shop/reports/funnel?${PERIOD}&definition_version=99`);
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { error: { code: 'no_such_version' } }]);
    const byTier = await get(
      z.looseObject({ breakdown: z.looseObject({ values: z.array(z.looseObject({ value: z.string() })) }) }),
      `${after}&breakdown=property:tier`,
    );
    expect(byTier.breakdown.values.map(({ value }) => value)).toEqual(['blue']);
  });
});
