import { type ClickHouse, createClickHouse } from '@cartledger/clickhouse';
import { DEFAULT_DEFINITION } from '@cartledger/funnel';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { add, event } from './aggregator-events.ts';
import { expectLedger, rowsOf } from './aggregator-expect.ts';
import { createWorld, type World } from './aggregator-world.ts';
import { until } from './until.ts';

const DAY = 86_400_000;
let time = Date.parse('2027-01-10T23:00:00Z');

let world: World;
beforeAll(async () => {
  world = await createWorld(inject('clickhouseUrl'), () => time);
});
afterAll(() => world?.[Symbol.asyncDispose]());

const count = async (sql: string, clickhouse: ClickHouse = world.clickhouse): Promise<number> => {
  const row = z.object({ n: z.coerce.number() });
  const [answer] = await clickhouse.query({ name: 'test.count', sql, params: z.object({}), row }, {});
  return answer?.n ?? 0;
};

test('the daily sweep finds a ledger row that is missing, and deletes touches that are long done', async () => {
  await world.createStore('swept');
  const deliveries = [add(0, { store_id: 'swept' }), event(5, 'checkout', { store_id: 'swept' })];
  await world.deliver(deliveries);
  await using aggregator = world.aggregator();
  await aggregator.runOnce();
  for (const table of ['ledger_rows', 'ledger_keys'])
    await world.clickhouse.command(`DELETE FROM ${table} WHERE store_id = 'swept' AND kind = 'cart'`);
  await aggregator.runOnce();
  expect(await count(`SELECT count() AS n FROM carts WHERE store_id = 'swept'`)).toBe(0);
  expect(await count('SELECT count() AS n FROM touches')).toBe(2);

  // The next UTC day.
  time += DAY;
  await aggregator.runOnce();
  await expectLedger(world, 'swept', rowsOf(deliveries, DEFAULT_DEFINITION));
  // What is left is the sweep's own touch, of a batch that is done now and not a day old.
  expect(await count('SELECT count() AS n FROM touches')).toBe(1);
  expect(await count('SELECT count() AS n FROM touched_batches_done')).toBe(1);
});

test('a touch that is not done is never deleted, however old', async () => {
  const pending = await world.deliver([add(0, { store_id: 'nobody-yet' })]);
  await using first = world.aggregator();
  time += 10 * DAY;
  // The clean-up of this day comes before the batches of this run are done.
  await world.createStore('nobody-yet');
  await first.runOnce();
  expect(await count(`SELECT count() AS n FROM touches WHERE batch_id = '${pending}'`)).toBe(1);
  expect(await count(`SELECT count() AS n FROM carts WHERE store_id = 'nobody-yet'`)).toBe(1);
});

test('all rows of a component become visible at once: one insert makes one part', async () => {
  await world.createStore('large');
  await world.clickhouse.command('SYSTEM STOP MERGES ledger_rows');
  const deliveries = Array.from({ length: 40_000 }, (_, i) =>
    event(i / 1_000, 'visit', { store_id: 'large', visitor_id: `v${i}`, cart_id: 'shared' }),
  );
  deliveries.push(add(41, { store_id: 'large', visitor_id: 'v1', cart_id: 'shared' }));
  await world.deliver(deliveries);
  await using aggregator = world.aggregator({ maxEvents: 1_000 });
  expect(await aggregator.runOnce()).toBe('done');
  expect(await count(`SELECT count() AS n FROM ledger_rows WHERE store_id = 'large'`)).toBeGreaterThan(80_000);
  expect(await count(`SELECT uniqExact(_part) AS n FROM ledger_rows WHERE store_id = 'large'`)).toBe(1);
  await world.clickhouse.command('SYSTEM START MERGES ledger_rows');
});

test('started, it runs by itself; stopped, it lets go', async () => {
  await world.createStore('started');
  const deliveries = [add(0, { store_id: 'started' })];
  await world.deliver(deliveries);
  await using aggregator = world.aggregator({ rest: { share: 1, burstMs: 0, maxRestMs: 0 } });
  expect(aggregator.readiness()).toMatchObject({ ready: false, state: 'new' });
  await aggregator.start();
  await until('the cart is in the ledger', 30_000, async () => {
    return (await count(`SELECT count() AS n FROM carts WHERE store_id = 'started'`)) === 1;
  });
  await until('it is ready', 10_000, () => aggregator.readiness().ready);
  await aggregator.stop();
  expect(aggregator.readiness()).toMatchObject({ ready: false, state: 'stopped' });
  await expect(aggregator.runOnce()).rejects.toMatchObject({ code: 'standby' });
  await using next = world.aggregator();
  expect(await next.runOnce()).toBe('done');
});

test('a ClickHouse that does not answer is a reported state, not an end', async () => {
  // Nothing listens on the discard port.
  await using nowhere = createClickHouse({ url: 'http://127.0.0.1:9', database: 'x' });
  await using aggregator = world.aggregator({ backoff: { baseMs: 1, maxMs: 1 } }, { clickhouse: nowhere });
  await aggregator.start();
  await until('it says so', 20_000, () => aggregator.readiness().state === 'failing');
  expect(aggregator.readiness()).toMatchObject({ ready: false, reason: 'the last run failed: unavailable' });
});
