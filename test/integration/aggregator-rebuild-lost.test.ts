/** States and ledgers that are gone, or never were: what is pending or was taken in comes back whole, counted once. */
import { type ClickHouse, defineQuery, integer } from '@cartledger/clickhouse';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { event, order } from './aggregator-events.ts';
import type { World } from './aggregator-world.ts';
import { bring, FEWER, openRebuildShops, type RebuildShops, VISITORS } from './rebuild-shop.ts';

let at: RebuildShops;
let world: World;
beforeAll(async () => {
  at = await openRebuildShops();
  world = at.world;
});
afterAll(() => world?.[Symbol.asyncDispose]());

test('the backlog of a new store is counted once, however many runs it takes', async () => {
  const store_id = 'backlog';
  await world.createStore(store_id);
  await world.takenIn(at.clock.now);
  const visits = VISITORS.map((visitor_id, i) => event(i, 'visit', { store_id, visitor_id }));
  for (const visit of visits) await world.deliver([visit]);
  // Ingest is at the next batch: its events are there, their touches are not yet.
  const fresh = event(30, 'visit', { store_id, visitor_id: 'fresh', received_at: at.clock.now - 1_000 });
  await world.insertEvents([fresh]);
  const { counted, clickhouse } = at.countingPages();
  await using aggregator = world.aggregator({ maxTouches: 2, maxBacklogTouches: 2 }, { clickhouse });
  // No reader takes a part of it for the whole.
  for (let run = 1; run < VISITORS.length / 2; run++) {
    expect(await aggregator.runOnce()).toBe('more');
    expect(await at.seen(store_id)).toBe('not_ready');
  }
  await bring(aggregator);
  expect(counted.pages).toBe(0);
  await world.deliver([fresh]);
  await bring(aggregator);
  expect(await at.seen(store_id)).toBe('13,0,0,0,0 ordered 0 orders 0 listed 13');
});

test.each([1, 3])(
  'the backlog of a new store whose ledgers are emptied after %i runs is counted all the same',
  async (runs) => {
    const store_id = `backlog-emptied-${runs}`;
    await world.createStore(store_id);
    await world.takenIn(at.clock.now);
    for (const [i, visitor_id] of VISITORS.entries())
      await world.deliver([event(i, 'visit', { store_id, visitor_id })]);
    await using aggregator = world.aggregator({ maxTouches: 2, maxBacklogTouches: 2, pageVisitors: 5 });
    for (let run = 0; run < runs; run++) expect(await aggregator.runOnce()).toBe('more');
    for (const table of ['ledger_rows', 'ledger_keys', 'dirty_days'])
      await world.clickhouse.command(`DELETE FROM ${table} WHERE store_id = '${store_id}'`);
    await bring(aggregator);
    expect(await at.seen(store_id)).toBe('12,0,0,0,0 ordered 0 orders 0 listed 12');
  },
);

test('a store whose state is lost while some of it is pending is rebuilt, those who are not pending too', async () => {
  const store_id = 'state-lost';
  await at.shop(store_id);
  const { counted, clickhouse } = at.countingPages();
  await using aggregator = world.aggregator({}, { clickhouse });
  await bring(aggregator);
  expect(counted.pages).toBe(0);
  for (const table of ['store_state', 'ledger_rows', 'ledger_keys'])
    await world.clickhouse.command(`DELETE FROM ${table} WHERE store_id = '${store_id}'`);
  await world.deliver([order(30, 'o1', { store_id, visitor_id: 'v0' })]);
  await bring(aggregator);
  expect(counted.pages).toBeGreaterThan(0);
  expect(await at.seen(store_id)).toBe('12,0,0,0,0 ordered 1 orders 1 listed 12');
});

test('what a rebuild had written is lost with the state: it begins anew', async () => {
  const store_id = 'lost-midway';
  await at.shop(store_id);
  await using aggregator = world.aggregator({ pageVisitors: 2 });
  await bring(aggregator);
  await at.define(store_id, { stages: FEWER });
  for (let page = 0; page < 3; page++) expect(await aggregator.runOnce()).toBe('more');
  for (const table of ['store_state', 'ledger_rows', 'ledger_keys'])
    await world.clickhouse.command(`DELETE FROM ${table} WHERE store_id = '${store_id}'`);
  await bring(aggregator);
  expect(await at.seen(store_id)).toBe('12,12,0 ordered 0 orders 0 listed 12');
});

test('the last event is known when a rebuild without a state is through, one that came in meanwhile too', async () => {
  const store_id = 'came-meanwhile';
  await at.shop(store_id);
  const days = Array.from({ length: 100 }, (_, day) => event(day * -1_440, 'visit', { store_id, visitor_id: 'often' }));
  await world.deliver(days);
  {
    await using aggregator = world.aggregator();
    await bring(aggregator);
  }
  for (const table of ['store_state', 'ledger_rows', 'ledger_keys'])
    await world.clickhouse.command(`DELETE FROM ${table} WHERE store_id = '${store_id}'`);
  let isAsked = false;
  const asking: ClickHouse = {
    ...world.clickhouse,
    query: async (query, params) => {
      isAsked ||= query.name === 'rebuild.last_event';
      return world.clickhouse.query(query, params);
    },
  };
  const late = event(2 * 1_440, 'visit', { store_id, visitor_id: 'late' });
  {
    // A month of rollups a run.
    await using aggregator = world.aggregator({ pageVisitors: 2, rollupMs: 0 }, { clickhouse: asking });
    while (!isAsked) expect(await aggregator.runOnce()).toBe('more');
    await world.deliver([late]);
    expect(await aggregator.runOnce()).toBe('more');
  }
  await using aggregator = world.aggregator();
  await bring(aggregator);
  const known = defineQuery({
    name: 'test.last_event',
    sql: 'SELECT toUnixTimestamp64Milli(last_event_at) AS at FROM store_state FINAL WHERE store_id = {store_id:String}',
    params: z.object({ store_id: z.string() }),
    row: z.object({ at: integer }),
  });
  expect(await world.clickhouse.query(known, { store_id })).toEqual([{ at: late.occurred_at }]);
});

test.each([
  ['in the middle', 'history.visitors', 4],
  ['after its last page', 'rebuild.last_event', 1],
  ['while its rollups are made', 'rollups.rows', 1],
])('a store without a state whose ledgers are emptied once more %s begins anew', async (_, step, nth) => {
  const store_id = `emptied-at-${step.replace('.', '-').replace('_', '-')}`;
  await at.shop(store_id);
  let told = '';
  {
    await using aggregator = world.aggregator();
    await bring(aggregator);
    told = await at.seen(store_id);
  }
  const empty = async (...tables: string[]): Promise<void> => {
    for (const table of tables) await world.clickhouse.command(`DELETE FROM ${table} WHERE store_id = '${store_id}'`);
  };
  await empty('store_state', 'ledger_rows', 'ledger_keys');
  let asked = 0;
  const emptying: ClickHouse = {
    ...world.clickhouse,
    query: async (query, params) => {
      if (query.name === step && ++asked === nth)
        await empty('ledger_rows', 'ledger_keys', 'links', 'dirty_days', 'funnel_days', 'cart_days', 'order_days');
      return world.clickhouse.query(query, params);
    },
  };
  await using aggregator = world.aggregator({ pageVisitors: 2, rollupMs: 0 }, { clickhouse: emptying });
  await bring(aggregator);
  expect(asked).toBeGreaterThanOrEqual(nth);
  expect(await at.seen(store_id)).toBe(told);
});
