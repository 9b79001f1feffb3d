/** The field's known wrong answers, each with the right one, through the aggregator and SQL. */
import type { Store } from '@cartledger/control';
import { differences, reference } from '@cartledger/funnel';
import { KNOWN_WRONG_ANSWERS } from '@cartledger/funnel/testing';
import { createReports, type Reports } from '@cartledger/reports';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createWorld, type World } from './aggregator-world.ts';
import { cartsQuery, ordersQuery } from './carts-and-orders.ts';
import { createStore } from './property-stores.ts';

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
