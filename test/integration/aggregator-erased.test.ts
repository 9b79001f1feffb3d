/** Visitors whose events were erased: their links stay, and what hangs together with them goes on. */
import { createHasher } from '@cartledger/events';
import { DEFAULT_DEFINITION } from '@cartledger/funnel';
import { createHistory } from '@cartledger/history';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { add, event, order } from './aggregator-events.ts';
import { expectLedger, expectRollups, rowsOf } from './aggregator-expect.ts';
import { createWorld, type World } from './aggregator-world.ts';

const HOUR = 3_600_000;
const hasher = await createHasher();
let time = Date.parse('2027-02-01T00:00:00Z');

let world: World;
beforeAll(async () => {
  world = await createWorld(inject('clickhouseUrl'), () => time);
});
afterAll(() => world?.[Symbol.asyncDispose]());

/** In order of their places in the identity graph. */
const visitors = Array.from({ length: 8 }, (_, i) => `v${i}`).sort((a, b) =>
  hasher.visitorNode(a) < hasher.visitorNode(b) ? -1 : 1,
);
/** The next two are for themselves, so that the others, of later pages, come after the lowest's place. */
const [lowest = '', first = '', second = '', ...others] = visitors;

const erase = (store_id: string, visitor_id: string): Promise<void> =>
  world.clickhouse.command(
    'DELETE FROM events WHERE store_id = {store_id:String} AND visitor_id = {visitor_id:String}',
    {
      store_id,
      visitor_id,
    },
  );

/** The lowest shares a cart with each of the others, who thereby hang together; then his events are erased. */
const shared = async (store_id: string) => {
  await world.createStore(store_id);
  const kept = others.flatMap((visitor_id, i) => [
    event(i, 'cart_view', { store_id, visitor_id, cart_id: 'c' }),
    order(60 + i, `o${i}`, { store_id, visitor_id }),
  ]);
  kept.push(...[first, second].map((visitor_id) => event(90, 'visit', { store_id, visitor_id })));
  await world.deliver([event(30, 'cart_view', { store_id, visitor_id: lowest, cart_id: 'c' }), ...kept]);
  return kept;
};

test('a rebuild keeps the rows of those who hang together with an erased visitor', async () => {
  const store_id = 'rebuilt';
  const kept = await shared(store_id);
  await using aggregator = world.aggregator({ pageVisitors: 2 });
  await aggregator.runOnce();
  await erase(store_id, lowest);
  await aggregator.rebuild(store_id);
  await expectLedger(world, store_id, rowsOf(kept, DEFAULT_DEFINITION));
  await aggregator.stop();
  time += 60_000;
});

test('all events of a store come with their component, whoever of it was erased', async () => {
  const store_id = 'read';
  const kept = await shared(store_id);
  await using aggregator = world.aggregator();
  await aggregator.runOnce();
  await erase(store_id, lowest);
  const ids: string[] = [];
  for await (const list of createHistory(world.clickhouse).ofStore(store_id, { properties: [], pageVisitors: 2 }))
    for (const { event_id } of list) ids.push(event_id);
  expect(new Set(ids)).toEqual(new Set(kept.map(({ event_id }) => event_id)));
  expect(ids).toHaveLength(kept.length);
  await aggregator.stop();
  time += 60_000;
});

test('the sweep mends rows of those who hang together with an erased visitor, and removes those of nobody', async () => {
  const store_id = 'swept';
  const kept = await shared(store_id);
  const gone = [
    add(5, { store_id, visitor_id: 'gone', cart_id: 'gone' }),
    order(6, 'gone', { store_id, visitor_id: 'gone', cart_id: 'gone' }),
    event(7, 'visit', { store_id, visitor_id: 'gone too' }),
    event(8, 'cart_view', { store_id, visitor_id: 'gone too', cart_id: 'gone' }),
  ];
  await world.deliver(gone);
  await using aggregator = world.aggregator({ pageVisitors: 2, leaseTtlMs: 1_000 * HOUR, sweepMs: 60_000 });
  await aggregator.runOnce();
  await aggregator.runOnce();
  for (const visitor_id of [lowest, 'gone', 'gone too']) await erase(store_id, visitor_id);
  for (let hour = 0; hour < 26; hour++) {
    time += HOUR;
    for (let i = 0; i < 3; i++) await aggregator.runOnce();
  }
  await expectLedger(world, store_id, rowsOf(kept, DEFAULT_DEFINITION));
  await expectRollups(world, store_id);
  await aggregator.stop();
  time += 1_000 * HOUR;
});

test('a row added by hand with a version ahead of all goes too, and the sweep comes to its end', async () => {
  const store_id = 'ahead';
  await world.createStore(store_id);
  const kept = [order(0, 'o', { store_id })];
  await world.deliver(kept);
  await using aggregator = world.aggregator({ pageVisitors: 1, leaseTtlMs: 1_000 * HOUR, sweepMs: 60_000 });
  await aggregator.runOnce();
  await aggregator.runOnce();
  for (const node of [1n, 2n])
    await world.clickhouse.command(`
      INSERT INTO ledger_rows SELECT * REPLACE (${node} AS node, 'strange' AS key, 18446744073709551000 AS version)
      FROM ledger_rows FINAL WHERE store_id = 'ahead' AND kind = 'order' LIMIT 1`);
  for (let hour = 0; hour < 26; hour++) {
    time += HOUR;
    for (let i = 0; i < 2; i++) await aggregator.runOnce();
  }
  await expectLedger(world, store_id, rowsOf(kept, DEFAULT_DEFINITION));
  await expectRollups(world, store_id);
  await aggregator.stop();
  time += 1_000 * HOUR;
});
