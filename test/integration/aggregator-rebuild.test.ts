/** A new version of a definition is worked in: what readers see meanwhile, and what becomes of it when things go wrong. */
import { inspect } from 'node:util';
import { type ClickHouse, ClickHouseError, defineQuery, integer } from '@cartledger/clickhouse';
import type { DefinitionInput } from '@cartledger/control';
import { createReports, type ReportQuery, type Reports } from '@cartledger/reports';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { add, event, order } from './aggregator-events.ts';
import { createWorld, type World } from './aggregator-world.ts';

const DAY = '2027-01-10';
const VISITORS = Array.from({ length: 12 }, (_, i) => `v${i}`);
const FEWER = ['visit', 'add_to_cart', 'purchase'];

let time = Date.parse('2027-02-01T12:00:00Z');
let world: World;
let reports: Reports;
beforeAll(async () => {
  world = await createWorld(inject('clickhouseUrl'), () => time);
  reports = createReports({ clickhouse: world.clickhouse });
});
afterAll(() => world?.[Symbol.asyncDispose]());

const asked = async (store_id: string, from = DAY, to = DAY): Promise<ReportQuery> => {
  const store = await world.control.stores.get(store_id);
  if (!store) throw new Error(`no store ${store_id}`);
  const { definition, versions } = store;
  return { store_id, definition, versions, from, to };
};
const define = (store_id: string, change: DefinitionInput, from: string | null = null) =>
  world.control.stores.define(store_id, change, from);

/** Units by stage, carts ordered and orders; or the code of the refusal, which all reports must agree on. */
const seen = async (store_id: string): Promise<string> => {
  const query = await asked(store_id);
  const refused = (error: Error) => ('code' in error ? String(error.code) : error.message);
  const answers = await Promise.all([
    reports.funnel(query).then(({ stages }) => stages.map(({ units }) => units).join(), refused),
    reports.abandonment(query).then(({ carts }) => `ordered ${carts.purchased + carts.recovered}`, refused),
    reports
      .revenue(query)
      .then(
        ({ currencies }) => `orders ${Object.entries(currencies).reduce((n, [, { orders }]) => n + orders.count, 0)}`,
        refused,
      ),
    reports.explain('funnel', query, { figure: `stage=${FEWER[0]}` }).then(({ count }) => `listed ${count}`, refused),
  ]);
  return [...new Set(answers)].join(' ');
};

const shop = async (store_id: string): Promise<void> => {
  await world.createStore(store_id);
  await world.takenIn(time);
  await world.deliver(
    VISITORS.flatMap((visitor_id, i) => [
      event(i, 'visit', { store_id, visitor_id }),
      add(i + 1, { store_id, visitor_id }),
    ]),
  );
};
/** Counts how often a rebuild asks for visitors. */
const countingPages = () => {
  const counted = { pages: 0 };
  const clickhouse: ClickHouse = {
    ...world.clickhouse,
    query: (query, params) => {
      if (query.name === 'history.visitors') counted.pages++;
      return world.clickhouse.query(query, params);
    },
  };
  return { counted, clickhouse };
};
const lastWrite = defineQuery({
  name: 'test.last_write',
  sql: 'SELECT max(version) AS version, max(definition_version) AS named FROM ledger_rows WHERE store_id = {store_id:String}',
  params: z.object({ store_id: z.string() }),
  row: z.object({ version: z.string(), named: z.int() }),
});
const written = (store_id: string) => world.clickhouse.query(lastWrite, { store_id });
const bring = async (aggregator: ReturnType<World['aggregator']>): Promise<void> => {
  while ((await aggregator.runOnce()) !== 'done');
};

test('while everything is counted anew every report is refused, and then all count by the new version', async () => {
  await shop('anew');
  await using aggregator = world.aggregator({ pageVisitors: 2 });
  await bring(aggregator);
  expect(await seen('anew')).toBe('12,0,0,0,0 ordered 0 orders 0 listed 12');
  await define('anew', { stages: FEWER });
  expect(await seen('anew')).toBe('recounting');
  await world.deliver([order(30, 'o1', { store_id: 'anew', visitor_id: 'v0' })]);
  let runs = 0;
  for (let outcome = ''; outcome !== 'done'; runs++) {
    outcome = await aggregator.runOnce();
    if (outcome === 'more') expect(await seen('anew')).toBe('recounting');
  }
  expect(runs).toBeGreaterThan(3);
  expect(await seen('anew')).toBe('12,12,1 ordered 1 orders 1 listed 12');
});

test('the backlog of a new store is counted once, however many runs it takes', async () => {
  const store_id = 'backlog';
  await world.createStore(store_id);
  await world.takenIn(time);
  const visits = VISITORS.map((visitor_id, i) => event(i, 'visit', { store_id, visitor_id }));
  for (const visit of visits) await world.deliver([visit]);
  // Ingest is at the next batch: its events are there, their touches are not yet.
  const fresh = event(30, 'visit', { store_id, visitor_id: 'fresh', received_at: time - 1_000 });
  await world.insertEvents([fresh]);
  const { counted, clickhouse } = countingPages();
  await using aggregator = world.aggregator({ maxTouches: 2, maxBacklogTouches: 2 }, { clickhouse });
  // No reader takes a part of it for the whole.
  for (let run = 1; run < VISITORS.length / 2; run++) {
    expect(await aggregator.runOnce()).toBe('more');
    expect(await seen(store_id)).toBe('not_ready');
  }
  await bring(aggregator);
  expect(counted.pages).toBe(0);
  await world.deliver([fresh]);
  await bring(aggregator);
  expect(await seen(store_id)).toBe('13,0,0,0,0 ordered 0 orders 0 listed 13');
});

test.each([1, 3])(
  'the backlog of a new store whose ledgers are emptied after %i runs is counted all the same',
  async (runs) => {
    const store_id = `backlog-emptied-${runs}`;
    await world.createStore(store_id);
    await world.takenIn(time);
    for (const [i, visitor_id] of VISITORS.entries())
      await world.deliver([event(i, 'visit', { store_id, visitor_id })]);
    await using aggregator = world.aggregator({ maxTouches: 2, maxBacklogTouches: 2, pageVisitors: 5 });
    for (let run = 0; run < runs; run++) expect(await aggregator.runOnce()).toBe('more');
    for (const table of ['ledger_rows', 'ledger_keys', 'dirty_days'])
      await world.clickhouse.command(`DELETE FROM ${table} WHERE store_id = '${store_id}'`);
    await bring(aggregator);
    expect(await seen(store_id)).toBe('12,0,0,0,0 ordered 0 orders 0 listed 12');
  },
);

test('a store whose state is lost while some of it is pending is rebuilt, those who are not pending too', async () => {
  const store_id = 'state-lost';
  await shop(store_id);
  const { counted, clickhouse } = countingPages();
  await using aggregator = world.aggregator({}, { clickhouse });
  await bring(aggregator);
  expect(counted.pages).toBe(0);
  for (const table of ['store_state', 'ledger_rows', 'ledger_keys'])
    await world.clickhouse.command(`DELETE FROM ${table} WHERE store_id = '${store_id}'`);
  await world.deliver([order(30, 'o1', { store_id, visitor_id: 'v0' })]);
  await bring(aggregator);
  expect(counted.pages).toBeGreaterThan(0);
  expect(await seen(store_id)).toBe('12,0,0,0,0 ordered 1 orders 1 listed 12');
});

test('what a rebuild had written is lost with the state: it begins anew', async () => {
  const store_id = 'lost-midway';
  await shop(store_id);
  await using aggregator = world.aggregator({ pageVisitors: 2 });
  await bring(aggregator);
  await define(store_id, { stages: FEWER });
  for (let page = 0; page < 3; page++) expect(await aggregator.runOnce()).toBe('more');
  for (const table of ['store_state', 'ledger_rows', 'ledger_keys'])
    await world.clickhouse.command(`DELETE FROM ${table} WHERE store_id = '${store_id}'`);
  await bring(aggregator);
  expect(await seen(store_id)).toBe('12,12,0 ordered 0 orders 0 listed 12');
});

test('the last event is known when a rebuild without a state is through, one that came in meanwhile too', async () => {
  const store_id = 'came-meanwhile';
  await shop(store_id);
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
  await shop(store_id);
  let told = '';
  {
    await using aggregator = world.aggregator();
    await bring(aggregator);
    told = await seen(store_id);
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
  expect(await seen(store_id)).toBe(told);
});

test('what no row depends on, and what begins later, is in force at once and counts nothing anew', async () => {
  await shop('at-once');
  await using aggregator = world.aggregator({ pageVisitors: 2 });
  await bring(aggregator);
  const before = await seen('at-once');
  const rows = await written('at-once');
  const changes: readonly [DefinitionInput, string | null][] = [
    [{ targets: { purchase: 0.1 } }, null],
    [{ fx_source: 'ecb' }, null],
    [{ stages: FEWER }, '2027-06-01'],
  ];
  for (const [change, from] of changes) {
    await define('at-once', change, from);
    expect(await seen('at-once')).toBe(before);
    expect(await aggregator.runOnce()).toBe('done');
    expect(await seen('at-once')).toBe(before);
  }
  // Rows name the version that first described units so: the sweep, which computes them anew, finds nothing to mend.
  for (let hour = 0; hour < 25; hour++) {
    time += 3_600_000;
    await world.takenIn(time);
    await bring(aggregator);
  }
  expect(await written('at-once')).toEqual(rows);
});

test('a rebuild of a store without any event comes to its end, whether anything was ever taken in or not', async () => {
  await using untouched = await createWorld(inject('clickhouseUrl'), () => time);
  for (const each of [untouched, world]) {
    await each.createStore('empty');
    await using aggregator = each.aggregator();
    await aggregator.rebuild('empty');
    expect(await aggregator.runOnce()).toBe('done');
  }
  expect(await seen('empty')).toMatch(/^(0,0,0,0,0 ordered 0 orders 0 listed 0|not_ready)$/);
  // Its first events are taken in as those of any store.
  await untouched.deliver([event(0, 'visit', { store_id: 'empty' })]);
  await using aggregator = untouched.aggregator();
  await bring(aggregator);
  expect(await untouched.ledger('empty')).not.toEqual([]);
});

test('a rebuild that cannot be computed now says so instead of trying all the while; runs go on with it', async () => {
  const store_id = 'stands-still';
  await shop(store_id);
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
  time += 3_600_000;
  await world.takenIn(time);
  const before = await written(store_id);
  await bring(aggregator);
  expect(await written(store_id)).not.toEqual(before);
  expect(await seen(store_id)).toBe('12,0,0,0,0 ordered 0 orders 0 listed 12');
});

test('counting anew comes to its end although the visitors go on coming', async () => {
  const store_id = 'busy';
  await world.createStore(store_id);
  await world.takenIn(time);
  const visit = (day: number, n: number) => event(day * 1_440 + n, 'visit', { store_id, visitor_id: 'returning' });
  await world.deliver([visit(0, 0), visit(9, 0)]);
  // One step of rollups a run.
  await using aggregator = world.aggregator({ rollupMs: 0 });
  await bring(aggregator);
  await define(store_id, { stages: FEWER });
  for (let run = 1; (await seen(store_id)) === 'recounting'; run++) {
    expect(run).toBeLessThan(12);
    await world.deliver([visit(0, run), visit(9, run)]);
    await aggregator.runOnce();
  }
});

test('killed between the last row and the word to readers, it goes on with nothing but that word', async () => {
  await shop('killed');
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
  await define('killed', { stages: FEWER });
  failures = 1;
  await expect(bring(aggregator)).rejects.toThrow('killed');
  const before = pages;
  expect(before).toBeGreaterThan(0);
  expect(await seen('killed')).toBe('recounting');
  await bring(aggregator);
  expect(pages).toBe(before);
  expect(await seen('killed')).toBe('12,12,0 ordered 0 orders 0 listed 12');
});

test.each(['sweep.visitors', 'rollups.rows'])('a store that fails at %s stops no other', async (step) => {
  const [bad, good] = [`bad ${step}`, `good ${step}`].map((name) => name.replaceAll(/[^a-z]/g, '-'));
  if (!bad || !good) throw new Error('two stores');
  await shop(bad);
  await shop(good);
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
  time += 3_600_000;
  await world.takenIn(time);
  // A change of the one store, and what comes in for the other.
  await define(bad, { stages: FEWER });
  await world.deliver([order(30, 'o1', { store_id: good, visitor_id: 'v0' })]);
  for (let run = 0; run < 3; run++) await aggregator.runOnce();
  expect(await seen(good)).toBe('12,0,0,0,0 ordered 1 orders 1 listed 12');
  const { as_of } = await reports.revenue(await asked(good));
  expect(Date.parse(as_of)).toBe(time);
});
