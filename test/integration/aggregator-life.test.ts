import type { Aggregator } from '@cartledger/aggregator';
import { type ClickHouse, createClickHouse } from '@cartledger/clickhouse';
import { DEFAULT_DEFINITION } from '@cartledger/funnel';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { add, event, order } from './aggregator-events.ts';
import { expectLedger, expectRollups, rowsOf } from './aggregator-expect.ts';
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

const positions = z.record(z.string(), z.object({ at: z.number() }));

/** A turn of the sweep: a slice an hour, a page of one store a run. */
const oneTurn = async (aggregator: Aggregator): Promise<void> => {
  time += DAY;
  const hour = Math.floor(time / 3_600_000) * 3_600_000;
  await until('all stores have had their turn', 100_000, async () => {
    await aggregator.runOnce();
    const stores = Object.values(positions.parse(await world.control.state.get('aggregator/sweep')));
    return stores.every(({ at }) => at >= hour);
  });
};

test('the daily sweep mends ledger rows changed, deleted or added by hand, whenever their events were received', async () => {
  const store_id = 'swept';
  await world.createStore(store_id);
  const deliveries = [
    ...Array.from({ length: 12 }, (_, i) => add(i, { store_id, visitor_id: `v${i}`, received_at: time - 400 * DAY })),
    order(30, 'o', { store_id, visitor_id: 'v1' }),
  ];
  await world.deliver(deliveries);
  await using aggregator = world.aggregator();
  await aggregator.runOnce();
  const rows = rowsOf(deliveries, DEFAULT_DEFINITION);
  await expectLedger(world, store_id, rows);
  const { command } = world.clickhouse;
  const where = `WHERE store_id = '${store_id}' AND kind =`;
  await command(
    `ALTER TABLE ledger_rows UPDATE furthest = 'checkout.payment', contactable = true ${where} 'cart' AND visitor_id = 'v3' SETTINGS mutations_sync = 1`,
  );
  await command(
    `INSERT INTO ledger_rows SELECT * REPLACE (4711 AS amount_total, 18446744073709551615 AS version) FROM ledger_rows FINAL ${where} 'order'`,
  );
  await command(`DELETE FROM ledger_rows ${where} 'journey' AND visitor_id = 'v5'`);
  await command(`DELETE FROM ledger_keys ${where} 'cart' AND key LIKE '%v7%'`);
  await command(
    `INSERT INTO ledger_rows SELECT * REPLACE ('stray' AS key, 'stray' AS cart_key) FROM ledger_rows FINAL ${where} 'cart' AND visitor_id = 'v9'`,
  );
  await command(
    `INSERT INTO ledger_rows SELECT * REPLACE (4711 AS node) FROM ledger_rows FINAL ${where} 'cart' AND visitor_id = 'v9'`,
  );
  // An event that no touch has told of.
  const untold = event(9, 'checkout', { store_id, visitor_id: 'v8' });
  await world.insertEvents([untold]);
  await oneTurn(aggregator);
  await expectLedger(world, store_id, rowsOf([...deliveries, untold], DEFAULT_DEFINITION));
  await expectRollups(world, store_id);
});

test('the daily sweep mends rollups changed, deleted or added by hand, and settles carts', async () => {
  const store_id = 'rolled';
  await world.createStore(store_id);
  const deliveries = Array.from({ length: 8 }, (_, i) => [
    add(i * 2_880, { store_id, visitor_id: `v${i}` }),
    add(i * 2_880 + 5, { store_id, visitor_id: `w${i}` }),
    order(i * 2_880 + 30, `o${i}`, { store_id, visitor_id: `v${i}` }),
  ]).flat();
  await world.deliver(deliveries);
  await using aggregator = world.aggregator();
  await aggregator.runOnce();
  await expectRollups(world, store_id);
  const { command } = world.clickhouse;
  const where = (days: number) => `WHERE store_id = '${store_id}' AND day = '2027-01-${10 + days}'`;
  await command(
    `INSERT INTO funnel_days SELECT * REPLACE (arrayMap(x -> x + 1, cells.units) AS \`cells.units\`, version + 1 AS version)
      FROM funnel_days FINAL ${where(0)}`,
  );
  await command(
    `INSERT INTO order_days SELECT * REPLACE (arrayMap(x -> x + 1, sums.total) AS \`sums.total\`, version + 1 AS version)
      FROM order_days FINAL ${where(2)}`,
  );
  await command(`DELETE FROM cart_days ${where(4)}`);
  await command(
    `INSERT INTO cart_days SELECT * REPLACE (toDate32('2026-12-24') AS day)
      FROM (SELECT * FROM cart_days FINAL ${where(6)})`,
  );
  const unsettled = `SELECT count() AS n FROM cart_days FINAL WHERE store_id = '${store_id}'
    AND arrayExists(at -> at > toDateTime64(0, 3), cells.last_activity_at)`;
  expect(await count(unsettled)).toBe(8);
  await oneTurn(aggregator);
  await expectRollups(world, store_id);
  // A recovery window and an hour before the last event.
  expect(await count(unsettled)).toBe(4);
});

test('stores that have slices to look through do not wait a run for each', async () => {
  for (let i = 0; i < 12; i++) {
    await world.createStore(`many${i}`);
    await world.deliver([add(i, { store_id: `many${i}` })]);
  }
  await using aggregator = world.aggregator({ sweepMs: 60_000 });
  while ((await aggregator.runOnce()) === 'more');
  time += 3_600_000;
  await aggregator.runOnce();
  const hour = Math.floor(time / 3_600_000) * 3_600_000;
  const stores = positions.parse(await world.control.state.get('aggregator/sweep'));
  for (let i = 0; i < 12; i++) expect(stores[`many${i}`]?.at).toBe(hour);
  await aggregator.stop();
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

test('one that rests for longer than its lease lasts keeps it: a second one would not rest', async () => {
  await world.createStore('resting');
  await world.deliver([add(0, { store_id: 'resting' })]);
  const leaseTtlMs = 300;
  await using resting = world.aggregator({ rest: { share: 0.001, burstMs: 0, maxRestMs: 600_000 }, leaseTtlMs });
  await resting.start();
  await until('it has run', 30_000, () => resting.readiness().ready);
  await using other = world.aggregator({ leaseTtlMs });
  const outcomes = new Set<string>();
  const begun = performance.now();
  await until('several leases have passed', 30_000, async () => {
    outcomes.add(await other.runOnce());
    return performance.now() - begun > 5 * leaseTtlMs;
  });
  expect([...outcomes]).toEqual(['standby']);
  await resting.stop();
  expect(await other.runOnce()).toBe('done');
});

test('a ClickHouse that does not answer is a reported state, not an end', async () => {
  // Nothing listens on the discard port.
  await using nowhere = createClickHouse({ url: 'http://127.0.0.1:9', database: 'x' });
  await using aggregator = world.aggregator({ backoff: { baseMs: 1, maxMs: 1 } }, { clickhouse: nowhere });
  await aggregator.start();
  await until('it says so', 20_000, () => aggregator.readiness().state === 'failing');
  expect(aggregator.readiness()).toMatchObject({ ready: false, reason: 'the last run failed: unavailable' });
});
