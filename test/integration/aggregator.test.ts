import { readFileSync } from 'node:fs';
import { createHasher, type Delivery } from '@cartledger/events';
import { DEFAULT_DEFINITION, type Definition } from '@cartledger/funnel';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { add, event, order } from './aggregator-events.ts';
import { expectLedger, rowsOf } from './aggregator-expect.ts';
import { createWorld, type World } from './aggregator-world.ts';

const NOW = Date.parse('2027-02-01T00:00:00Z');

let world: World;
beforeAll(async () => {
  world = await createWorld(inject('clickhouseUrl'), () => NOW);
});
afterAll(() => world?.[Symbol.asyncDispose]());

const allVersions = (store_id: string) =>
  world.clickhouse.query(
    {
      name: 'test.versions',
      sql: `SELECT concat(toString(node), ' ', toString(kind), ' ', key) AS place, toString(version) AS version, is_deleted
        FROM ledger_rows FINAL WHERE store_id = {store_id:String} ORDER BY place`,
      params: z.object({ store_id: z.string() }),
      row: z.object({ place: z.string(), version: z.string(), is_deleted: z.int() }),
    },
    { store_id },
  );

const stateOf = async (store_id: string) => {
  const [state] = await world.clickhouse.query(
    {
      name: 'test.state',
      sql: `SELECT toUnixTimestamp64Milli(as_of) AS as_of, toUnixTimestamp64Milli(last_event_at) AS last, stages
        FROM store_state FINAL WHERE store_id = {store_id:String}`,
      params: z.object({ store_id: z.string() }),
      row: z.object({ as_of: z.coerce.number(), last: z.coerce.number(), stages: z.array(z.string()) }),
    },
    { store_id },
  );
  return state;
};

describe('the conformance vectors', () => {
  type Vector = { config: Definition & { store_id: string }; deliveries: Delivery[] };
  const vectors: Vector[] = readFileSync(new URL('../fixtures/vectors/vectors.ndjson', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

  test('each history in a store of its own comes out as buildLedger says, in whatever batches it was taken in', async () => {
    await using other = await createWorld(inject('clickhouseUrl'), () => NOW);
    const definitions = new Map<string, Definition>();
    for (const [i, { config }] of vectors.entries()) {
      const { store_id: _, ...given } = config;
      definitions.set(`v${i}`, (await other.createStore(`v${i}`, given)).definition);
    }
    const all = vectors.map(({ deliveries }, i) =>
      deliveries.map((delivery) => ({ ...delivery, store_id: `v${i}`, payload_hash: 0n })),
    );
    await using aggregator = other.aggregator({ rollupMs: 0 });
    // Three batches, each with a third of every store's deliveries in their random order of arrival.
    for (const third of [0, 1, 2]) {
      await other.deliver(all.flatMap((mine) => mine.filter((_, n) => n % 3 === third)));
      await other.takenIn(NOW + third);
      expect(await aggregator.runOnce()).toBe('done');
    }
    for (const [i, deliveries] of all.entries()) {
      const definition = definitions.get(`v${i}`) ?? DEFAULT_DEFINITION;
      await expectLedger(other, `v${i}`, rowsOf(deliveries, definition));
    }
  });
});

test('a late event writes only the rows that it moves', async () => {
  await world.createStore('late');
  const before = [add(0), event(5, 'checkout'), add(10, { visitor_id: 'w', cart_id: 'other' }), event(3_000, 'visit')];
  await world.deliver(before.map((e) => ({ ...e, store_id: 'late' })));
  await using aggregator = world.aggregator();
  await aggregator.runOnce();
  const first = await allVersions('late');
  const late = event(6, 'checkout', { checkout_step: 'payment', store_id: 'late' });
  await world.deliver([late]);
  await aggregator.runOnce();
  const second = await allVersions('late');
  const moved = second.filter(({ version }, i) => version !== first[i]?.version);
  expect(second.map(({ place }) => place)).toEqual(first.map(({ place }) => place));
  // The cart; the funnels by visitor and session count a checkout of any step and had one.
  expect(moved.map(({ place }) => place.split(' ')[1])).toEqual(['cart']);
  await expectLedger(world, 'late', rowsOf([...before, late], DEFAULT_DEFINITION));
});

test('a key that changes takes its old cart away', async () => {
  await world.createStore('keys');
  const own = add(1, { store_id: 'keys' });
  await world.deliver([own]);
  await using aggregator = world.aggregator();
  await aggregator.runOnce();
  expect((await world.ledger('keys')).filter((row) => row.kind === 'cart').map((row) => row.cart_key)).toEqual([
    `~v:${own.event_id}`,
  ]);
  // An earlier event turns up late: the visitor carried a cart_id all along.
  const named = event(0, 'cart_view', { store_id: 'keys', cart_id: 'c' });
  await world.deliver([named]);
  await aggregator.runOnce();
  expect((await world.ledger('keys')).filter((row) => row.kind === 'cart').map((row) => row.cart_key)).toEqual(['c']);
  await expectLedger(world, 'keys', rowsOf([own, named], DEFAULT_DEFINITION));
});

test('what one visitor sends moves the rows of those who share a cart or an order with him', async () => {
  await world.createStore('shared');
  const phone = add(0, { store_id: 'shared', visitor_id: 'phone', cart_id: 'c' });
  const desk = event(10, 'cart_view', { store_id: 'shared', visitor_id: 'desk', cart_id: 'c' });
  const webhook = order(20, 'o', { store_id: 'shared', visitor_id: 'hook', cart_id: 'c', source: 'webhook' });
  await using aggregator = world.aggregator();
  for (const delivery of [webhook, desk, phone]) {
    await world.deliver([delivery]);
    await aggregator.runOnce();
  }
  await expectLedger(world, 'shared', rowsOf([phone, desk, webhook], DEFAULT_DEFINITION));
  expect((await world.ledger('shared')).find((row) => row.kind === 'order')?.cart_key).toBe('c');
});

test('events that are visible before their touches are never computed as a part of a component', async () => {
  await world.createStore('early');
  const first = add(0, { store_id: 'early', visitor_id: 'a', cart_id: 'c' });
  await world.deliver([first]);
  await using aggregator = world.aggregator();
  await aggregator.runOnce();
  // The second visitor's events are visible, their touches are not yet; he is touched by something else.
  const second = add(1, { store_id: 'early', visitor_id: 'b', cart_id: 'c' });
  await world.insertEvents([second]);
  const visit = event(2, 'visit', { store_id: 'early', visitor_id: 'b' });
  await world.deliver([visit]);
  await aggregator.runOnce();
  await expectLedger(world, 'early', rowsOf([first, second, visit], DEFAULT_DEFINITION));
});

test('as_of follows what ingest has taken in, never goes back, and is never before the last event', async () => {
  await world.createStore('as-of');
  const delivery = add(0, { store_id: 'as-of' });
  await world.takenIn(NOW + 10);
  await using aggregator = world.aggregator({ asOfStepMs: 1 });
  await aggregator.runOnce();
  const empty = await stateOf('as-of');
  expect(empty).toMatchObject({ as_of: NOW + 10, last: 0, stages: [...DEFAULT_DEFINITION.stages] });
  await world.deliver([delivery]);
  await aggregator.runOnce();
  expect(await stateOf('as-of')).toMatchObject({ as_of: NOW + 10, last: delivery.occurred_at });
  const ahead = { ...add(0, { store_id: 'as-of' }), occurred_at: NOW + 5_000, received_at: NOW + 5_000 };
  await world.deliver([ahead]);
  await aggregator.runOnce();
  expect(await stateOf('as-of')).toMatchObject({ as_of: NOW + 5_000, last: NOW + 5_000 });
  await world.takenIn(NOW + 9_000);
  await aggregator.runOnce();
  expect((await stateOf('as-of'))?.as_of).toBe(NOW + 9_000);
});

test('as_of stands still while batches are left over', async () => {
  await world.createStore('behind');
  await using aggregator = world.aggregator({ maxTouches: 1, asOfStepMs: 1 });
  await world.takenIn(NOW + 20_000);
  await aggregator.runOnce();
  await world.deliver([add(0, { store_id: 'behind' })]);
  await world.deliver([add(1, { store_id: 'behind' })]);
  await world.takenIn(NOW + 30_000);
  expect(await aggregator.runOnce()).toBe('more');
  expect((await stateOf('behind'))?.as_of).toBe(NOW + 20_000);
  expect(await aggregator.runOnce()).toBe('done');
  expect((await stateOf('behind'))?.as_of).toBe(NOW + 30_000);
});

test('a rebuild brings back what was lost and removes what is of no unit', async () => {
  await world.createStore('rebuild');
  const deliveries = Array.from({ length: 30 }, (_, i) =>
    add(i, { store_id: 'rebuild', visitor_id: `v${i % 10}`, ...(i % 3 === 0 && { cart_id: `c${i % 4}` }) }),
  );
  await world.deliver(deliveries);
  await using aggregator = world.aggregator({ pageVisitors: 3, maxEvents: 7 });
  await aggregator.runOnce();
  const rows = rowsOf(deliveries, DEFAULT_DEFINITION);
  await expectLedger(world, 'rebuild', rows);
  await world.clickhouse.command(`INSERT INTO ledger_rows (store_id, node, kind, key, version, unit_id)
    SELECT 'rebuild', 4711, 'cart', 'stray', 1, 'stray'`);
  await world.clickhouse.command(`DELETE FROM ledger_rows WHERE store_id = 'rebuild' AND kind = 'journey'`);
  await aggregator.rebuild('rebuild');
  await expectLedger(world, 'rebuild', rows);
  await expect(aggregator.rebuild('nobody')).rejects.toMatchObject({ code: 'unknown_store' });
});

test('ledgers that were dropped with the states are made again from events', async () => {
  await using other = await createWorld(inject('clickhouseUrl'), () => NOW);
  await other.createStore('s');
  const deliveries = Array.from({ length: 40 }, (_, i) =>
    add(i, { store_id: 's', visitor_id: `v${i % 20}`, ...(i % 2 === 0 && { cart_id: `c${i % 7}` }) }),
  );
  await other.deliver(deliveries);
  await other.takenIn(NOW);
  // Pages of two visitors: with the links gone, what hangs together is met in several pages.
  await using aggregator = other.aggregator({ pageVisitors: 2 });
  while ((await aggregator.runOnce()) === 'more');
  const before = await other.ledger('s');
  expect(before.length).toBeGreaterThan(0);
  for (const table of ['ledger_rows', 'ledger_keys', 'store_state', 'links', 'ledger_writers'])
    await other.clickhouse.command(`TRUNCATE TABLE ${table}`);
  while ((await aggregator.runOnce()) === 'more');
  expect(await other.ledger('s')).toEqual(before);
});

test('what is linked while a rebuild is between its ends keeps its rows', async () => {
  await using other = await createWorld(inject('clickhouseUrl'), () => NOW);
  await other.createStore('s');
  const hasher = await createHasher();
  const visitors = Array.from({ length: 8 }, (_, i) => `v${i}`).sort((a, b) =>
    hasher.visitorNode(a) < hasher.visitorNode(b) ? -1 : 1,
  );
  const [low = '', high = ''] = [visitors[0], visitors.at(-1)];
  const of = (visitor_id: string, i: number) => [
    add(i, { store_id: 's', visitor_id }),
    order(i + 1, `o-${visitor_id}`, { store_id: 's', visitor_id }),
  ];
  const histories = new Map(visitors.map((visitor, i) => [visitor, of(visitor, i)]));
  await using aggregator = other.aggregator({ maxTouches: 1, maxBacklogTouches: 1, pageVisitors: 1 });
  // An import: the first run sees the batch of the highest visitor and all events, so a rebuild begins at the lowest.
  await other.deliver(histories.get(high) ?? []);
  for (const visitor of visitors) if (visitor !== high) await other.insertEvents(histories.get(visitor) ?? []);
  await other.takenIn(NOW);
  await aggregator.runOnce();
  // The rebuild is past `low` and has not come to `high`: now they hang together.
  const shared = [low, high].map((visitor_id, i) =>
    event(60 + i, 'cart_view', { store_id: 's', visitor_id, cart_id: 'shared', items: [] }),
  );
  await other.deliver(shared);
  for (const visitor of visitors) if (visitor !== high) await other.deliver(histories.get(visitor) ?? []);
  while ((await aggregator.runOnce()) === 'more');
  await expectLedger(other, 's', rowsOf([...histories.values(), shared].flat(), DEFAULT_DEFINITION));
});
