/** The field's known wrong answers, each with the right one, through the aggregator and SQL. */
import { bigInteger, defineQuery, integer } from '@cartledger/clickhouse';
import type { Store } from '@cartledger/control';
import { differences, reference } from '@cartledger/funnel';
import { KNOWN_WRONG_ANSWERS } from '@cartledger/funnel/testing';
import { createReports, type Reports } from '@cartledger/reports';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { createWorld, type World } from './aggregator-world.ts';
import { createStore } from './property-stores.ts';

const none = z.string().transform((text) => (text === '' ? null : text));

/** All carts at T, as the reference prints them. */
const cartsQuery = defineQuery({
  name: 'test.carts',
  sql: `
    SELECT cart_key, toUnixTimestamp64Milli(opened_at) AS opened_at, state, furthest, order_id,
      value.currency AS currencies, value.amount AS amounts
    FROM carts_at(as_of = {as_of:Int64}) WHERE store_id = {store_id:String} ORDER BY cart_key`,
  params: z.object({ store_id: z.string(), as_of: z.number() }),
  row: z
    .object({
      cart_key: z.string(),
      opened_at: integer,
      state: z.string(),
      furthest: z.string(),
      order_id: none,
      currencies: z.array(z.string()),
      amounts: z.array(bigInteger),
    })
    .transform(({ currencies, amounts, ...cart }) => ({
      ...cart,
      value: Object.fromEntries(currencies.map((currency, k) => [currency, amounts[k]])),
    })),
});

/** All orders but tests. */
const ordersQuery = defineQuery({
  name: 'test.orders',
  sql: `
    SELECT order_id, toUnixTimestamp64Milli(ordered_at) AS ordered_at, cart_key, without_cart_reason,
      amount_total AS order_total, currency
    FROM orders WHERE store_id = {store_id:String} AND NOT test ORDER BY order_id`,
  params: z.object({ store_id: z.string() }),
  row: z.object({
    order_id: z.string(),
    ordered_at: integer,
    cart_key: none,
    without_cart_reason: none,
    order_total: bigInteger,
    currency: z.string(),
  }),
});

let world: World;
let reports: Reports;
const stores: Store[] = [];

beforeAll(async () => {
  world = await createWorld(inject('clickhouseUrl'), Date.now);
  reports = createReports({ clickhouse: world.clickhouse });
  for (const [i, { definition, versions, deliveries }] of KNOWN_WRONG_ANSWERS.entries()) {
    const store_id = `known-${i}`;
    stores.push(await createStore(world, store_id, versions ?? [{ from: null, definition }]));
    await world.deliver(deliveries.map((delivery) => ({ ...delivery, store_id })));
  }
  await using aggregator = world.aggregator();
  while ((await aggregator.runOnce()) !== 'done');
});
afterAll(() => world?.[Symbol.asyncDispose]());

test.each(KNOWN_WRONG_ANSWERS.map((answer, i) => ({ ...answer, i })))('$name', async (answer) => {
  const { i, asOf, from, to, deliveries, right } = answer;
  const store = stores[i];
  if (!store) throw new Error('no store');
  const { store_id, definition, versions } = store;
  const query = { store_id, definition, versions, from, to, as_of: asOf };
  const expected = reference({ deliveries, definition, versions, asOf, from, to });
  const { conflicts } = expected;
  const funnels: object[] = [];
  for (const [k, funnel] of definition.funnels.entries())
    funnels.push(conflicts[k] === null ? (await reports.funnel({ ...query, ...funnel })).stages : []);
  const abandonment = await reports.abandonment(query);
  const { currencies: revenue } = await reports.revenue(query);
  const pipeline = expected.pipeline && (await reports.pipeline(query));
  const carts = await world.clickhouse.query(cartsQuery, { store_id, as_of: asOf });
  const orders = await world.clickhouse.query(ordersQuery, { store_id });
  const said = { funnels, conflicts, abandonment, details: abandonment, revenue, pipeline, carts, orders };
  expect(said).toMatchObject(right);
  expect(differences({ carts: expected.carts, orders: expected.orders }, { carts, orders })).toEqual([]);
});
