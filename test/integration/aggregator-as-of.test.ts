/** No report stands earlier than the last event that its ledgers tell of, whatever state the store is in. */
import type { ClickHouse } from '@cartledger/clickhouse';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { add } from './aggregator-events.ts';
import { expectRollups } from './aggregator-expect.ts';
import { createWorld, type World } from './aggregator-world.ts';

let time = Date.parse('2027-02-01T12:00:00Z');
let world: World;
beforeAll(async () => {
  world = await createWorld(inject('clickhouseUrl'), () => time);
});
afterAll(() => world?.[Symbol.asyncDispose]());

const row = z.object({ as_of: z.coerce.number(), last: z.coerce.number(), version: z.int(), told: z.coerce.number() });
/** What the state says, and the last activity that rows tell of. */
const standing = async (store_id: string): Promise<z.output<typeof row>> => {
  const sql = `SELECT toUnixTimestamp64Milli(as_of) AS as_of, toUnixTimestamp64Milli(last_event_at) AS last,
      definition_version AS version,
      (SELECT toUnixTimestamp64Milli(max(last_activity_at)) FROM ledger_rows FINAL WHERE store_id = {store_id:String}) AS told
    FROM store_state FINAL WHERE store_id = {store_id:String}`;
  const params = z.object({ store_id: z.string() });
  const [answer] = await world.clickhouse.query({ name: 'test.standing', sql, params, row }, { store_id });
  return answer ?? { as_of: 0, last: 0, version: 0, told: 0 };
};

const expectCovered = async (store_id: string): Promise<void> => {
  const { as_of, last, told } = await standing(store_id);
  expect(last).toBeGreaterThanOrEqual(told);
  expect(as_of).toBeGreaterThanOrEqual(last);
};

test('while a store is rebuilt, its as_of goes on and covers what is written; its definition is the old one', async () => {
  const store_id = 'rebuilt';
  await world.createStore(store_id);
  await world.deliver(Array.from({ length: 12 }, (_, i) => add(i, { store_id, visitor_id: `v${i}` })));
  await using aggregator = world.aggregator({ pageVisitors: 2 });
  while ((await aggregator.runOnce()) === 'more');
  await world.control.stores.define(store_id, { stages: ['visit', 'add_to_cart', 'purchase'] }, null);
  await world.deliver([add(600, { store_id, visitor_id: 'v0' })]);
  await world.takenIn(time);
  expect(await aggregator.runOnce()).toBe('more');
  expect(await standing(store_id)).toMatchObject({ as_of: time, version: 1 });
  await expectCovered(store_id);
  while ((await aggregator.runOnce()) === 'more') await expectCovered(store_id);
  expect(await standing(store_id)).toMatchObject({ version: 2 });
  await aggregator.stop();
});

test('a store whose ledgers stand still is told up to the last event of what has been written of it', async () => {
  time += 3_600_000;
  const store_id = 'held';
  await world.createStore(store_id);
  await world.deliver([add(0, { store_id })]);
  let loads = Number.POSITIVE_INFINITY;
  const failing: ClickHouse = {
    ...world.clickhouse,
    stream: async function* (query, params) {
      if (query.name === 'events.of_visitors' && loads-- <= 0) throw new RangeError('a component too many');
      yield* world.clickhouse.stream(query, params);
    },
  };
  await using aggregator = world.aggregator({ maxEvents: 1 }, { clickhouse: failing });
  while ((await aggregator.runOnce()) === 'more');
  const before = await standing(store_id);
  await world.deliver([1, 2].map((i) => add(20_000 + i, { store_id, visitor_id: `w${i}` })));
  await world.takenIn(time);
  loads = 1;
  await aggregator.runOnce();
  expect(aggregator.readiness()).toMatchObject({ state: 'failing' });
  const after = await standing(store_id);
  expect(after.told).toBeGreaterThan(before.told);
  expect(after.as_of).toBeLessThan(time);
  await expectCovered(store_id);
  await aggregator.stop();
});

test('the rollups of a rebuilt store are made some days a run; others are taken in meanwhile', async () => {
  time += 3_600_000;
  const [store_id, other] = ['many-days', 'other'];
  for (const name of [store_id, other]) await world.createStore(name);
  // More days than are made at once.
  await world.deliver(Array.from({ length: 150 }, (_, i) => add(-i * 1_440, { store_id, visitor_id: `v${i}` })));
  await using first = world.aggregator();
  while ((await first.runOnce()) === 'more');
  await first.stop();
  await world.control.stores.define(store_id, { stages: ['visit', 'add_to_cart', 'purchase'] }, null);
  let runs = 0;
  // Stopped and begun again each time.
  for (let outcome = 'more'; outcome === 'more'; runs++) {
    await using next = world.aggregator({ rollupMs: 0 });
    const before = await standing(other);
    await world.deliver([add(runs, { store_id: other })]);
    outcome = await next.runOnce();
    if (outcome === 'more') expect((await standing(other)).told).toBeGreaterThan(before.told);
    await next.stop();
  }
  expect(runs).toBeGreaterThanOrEqual(5);
  expect(await standing(store_id)).toMatchObject({ version: 2 });
  await expectRollups(world, store_id);
});
