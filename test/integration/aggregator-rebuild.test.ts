/** A new version of a definition is worked in: what readers see meanwhile, and what becomes of it when things go wrong. */
import { inspect } from 'node:util';
import { type ClickHouse, ClickHouseError } from '@cartledger/clickhouse';
import type { DefinitionInput } from '@cartledger/control';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { event, order } from './aggregator-events.ts';
import { createWorld, type World } from './aggregator-world.ts';
import { bring, FEWER, openRebuildShops, type RebuildShops } from './rebuild-shop.ts';

let at: RebuildShops;
let world: World;
beforeAll(async () => {
  at = await openRebuildShops();
  world = at.world;
});
afterAll(() => world?.[Symbol.asyncDispose]());

test('while everything is counted anew every report is refused, and then all count by the new version', async () => {
  await at.shop('anew');
  await using aggregator = world.aggregator({ pageVisitors: 2 });
  await bring(aggregator);
  expect(await at.seen('anew')).toBe('12,0,0,0,0 ordered 0 orders 0 listed 12');
  await at.define('anew', { stages: FEWER });
  expect(await at.seen('anew')).toBe('recounting');
  await world.deliver([order(30, 'o1', { store_id: 'anew', visitor_id: 'v0' })]);
  let runs = 0;
  for (let outcome = ''; outcome !== 'done'; runs++) {
    outcome = await aggregator.runOnce();
    if (outcome === 'more') expect(await at.seen('anew')).toBe('recounting');
  }
  expect(runs).toBeGreaterThan(3);
  expect(await at.seen('anew')).toBe('12,12,1 ordered 1 orders 1 listed 12');
});

test('what no row depends on, and what begins later, is in force at once and counts nothing anew', async () => {
  await at.shop('at-once');
  await using aggregator = world.aggregator({ pageVisitors: 2 });
  await bring(aggregator);
  const before = await at.seen('at-once');
  const rows = await at.written('at-once');
  const changes: readonly [DefinitionInput, string | null][] = [
    [{ targets: { purchase: 0.1 } }, null],
    [{ fx_source: 'ecb' }, null],
    [{ stages: FEWER }, '2027-06-01'],
  ];
  for (const [change, from] of changes) {
    await at.define('at-once', change, from);
    expect(await at.seen('at-once')).toBe(before);
    expect(await aggregator.runOnce()).toBe('done');
    expect(await at.seen('at-once')).toBe(before);
  }
  // Rows name the version that first described units so: the sweep, which computes them anew, finds nothing to mend.
  for (let hour = 0; hour < 25; hour++) {
    at.clock.now += 3_600_000;
    await world.takenIn(at.clock.now);
    await bring(aggregator);
  }
  expect(await at.written('at-once')).toEqual(rows);
});

test('a rebuild of a store without any event comes to its end, whether anything was ever taken in or not', async () => {
  await using untouched = await createWorld(inject('clickhouseUrl'), () => at.clock.now);
  for (const each of [untouched, world]) {
    await each.createStore('empty');
    await using aggregator = each.aggregator();
    await aggregator.rebuild('empty');
    expect(await aggregator.runOnce()).toBe('done');
  }
  expect(await at.seen('empty')).toMatch(/^(0,0,0,0,0 ordered 0 orders 0 listed 0|not_ready)$/);
  // Its first events are taken in as those of any store.
  await untouched.deliver([event(0, 'visit', { store_id: 'empty' })]);
  await using aggregator = untouched.aggregator();
  await bring(aggregator);
  expect(await untouched.ledger('empty')).not.toEqual([]);
});

test('a rebuild that cannot be computed now says so instead of trying all the while; runs go on with it', async () => {
  const store_id = 'stands-still';
  await at.shop(store_id);
  const broken = new Set<string>();
  let runs = 0;
  const { clickhouse } = world;
  const failing: ClickHouse = {
    ...clickhouse,
    query: (query, params) => {
      if (query.name === 'store_states') runs++;
      if (broken.has(query.name)) throw new ClickHouseError('MEMORY_LIMIT_EXCEEDED', 'no memory', { retriable: true });
      return clickhouse.query(query, params);
    },
  };
  await using aggregator = world.aggregator({}, { clickhouse: failing });
  await bring(aggregator);
  broken.add('history.visitors');
  runs = 0;
  await expect(aggregator.rebuild(store_id)).rejects.toMatchObject({ code: 'held' });
  expect(runs).toBeLessThan(5);
  broken.clear();
  at.clock.now += 3_600_000;
  await world.takenIn(at.clock.now);
  const before = await at.written(store_id);
  await bring(aggregator);
  expect(await at.written(store_id)).not.toEqual(before);
  expect(await at.seen(store_id)).toBe('12,0,0,0,0 ordered 0 orders 0 listed 12');
});

test('counting anew comes to its end although the visitors go on coming', async () => {
  const store_id = 'busy';
  await world.createStore(store_id);
  await world.takenIn(at.clock.now);
  const visit = (day: number, n: number) => event(day * 1_440 + n, 'visit', { store_id, visitor_id: 'returning' });
  await world.deliver([visit(0, 0), visit(9, 0)]);
  // One step of rollups a run.
  await using aggregator = world.aggregator({ rollupMs: 0 });
  await bring(aggregator);
  await at.define(store_id, { stages: FEWER });
  for (let run = 1; (await at.seen(store_id)) === 'recounting'; run++) {
    expect(run).toBeLessThan(12);
    await world.deliver([visit(0, run), visit(9, run)]);
    await aggregator.runOnce();
  }
});

test('killed between the last row and the word to readers, it goes on with nothing but that word', async () => {
  await at.shop('killed');
  let failures = 0;
  let pages = 0;
  const { clickhouse } = world;
  const failing: ClickHouse = {
    ...clickhouse,
    query: (query, params) => {
      if (query.name === 'history.visitors') pages++;
      return clickhouse.query(query, params);
    },
    insertNative: (table, ...rest) => {
      if (table === 'store_state' && failures-- > 0)
        throw new ClickHouseError('unavailable', 'killed', { retriable: true });
      return clickhouse.insertNative(table, ...rest);
    },
  };
  await using aggregator = world.aggregator({ pageVisitors: 100 }, { clickhouse: failing });
  await bring(aggregator);
  await at.define('killed', { stages: FEWER });
  failures = 1;
  await expect(bring(aggregator)).rejects.toThrow('killed');
  const before = pages;
  expect(before).toBeGreaterThan(0);
  expect(await at.seen('killed')).toBe('recounting');
  await bring(aggregator);
  expect(pages).toBe(before);
  expect(await at.seen('killed')).toBe('12,12,0 ordered 0 orders 0 listed 12');
});

test.each(['sweep.visitors', 'rollups.rows'])('a store that fails at %s stops no other', async (step) => {
  const [bad, good] = [`bad ${step}`, `good ${step}`].map((name) => name.replaceAll(/[^a-z]/g, '-'));
  if (!bad || !good) throw new Error('two stores');
  await at.shop(bad);
  await at.shop(good);
  const broken = new Set<string>();
  const { clickhouse } = world;
  const failing: ClickHouse = {
    ...clickhouse,
    query: (query, params) => {
      if (query.name === step && [...broken].some((name) => inspect(params).includes(name)))
        throw new ClickHouseError('MEMORY_LIMIT_EXCEEDED', 'no memory', { retriable: true });
      return clickhouse.query(query, params);
    },
  };
  await using aggregator = world.aggregator({}, { clickhouse: failing });
  await bring(aggregator);
  broken.add(bad);
  at.clock.now += 3_600_000;
  await world.takenIn(at.clock.now);
  // A change of the one store, and what comes in for the other.
  await at.define(bad, { stages: FEWER });
  await world.deliver([order(30, 'o1', { store_id: good, visitor_id: 'v0' })]);
  for (let run = 0; run < 3; run++) await aggregator.runOnce();
  expect(await at.seen(good)).toBe('12,0,0,0,0 ordered 1 orders 1 listed 12');
  const { as_of } = await at.reports.revenue(await at.asked(good));
  expect(Date.parse(as_of)).toBe(at.clock.now);
});
