import { request } from 'node:http';
import type { Aggregator, AggregatorConfig } from '@cartledger/aggregator';
import type { ClickHouse } from '@cartledger/clickhouse';
import type { Control } from '@cartledger/control';
import type { Delivery } from '@cartledger/events';
import { DAY_MS, DEFAULT_DEFINITION } from '@cartledger/funnel';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { add, event, order } from './aggregator-events.ts';
import { expectLedger, expectRollups, rowsOf } from './aggregator-expect.ts';
import { createWorld, type World } from './aggregator-world.ts';
import { until } from './until.ts';

const LEASE_MS = 15_000;
let time = Date.parse('2027-02-01T12:00:00Z');

let world: World;
beforeAll(async () => {
  world = await createWorld(inject('clickhouseUrl'), () => time);
});
afterAll(() => world?.[Symbol.asyncDispose]());

class Killed extends Error {}

/** Awaited before each call to ClickHouse or the control store; what it answers is awaited after the call. */
type Hook = (call: string) => Promise<() => Promise<void>>;

/** The same ClickHouse, with a hook around every call. */
const hookedClickHouse = (clickhouse: ClickHouse, hook: Hook): ClickHouse => {
  const around = async <T>(call: string, work: () => Promise<T>): Promise<T> => {
    const after = await hook(call);
    const result = await work();
    await after();
    return result;
  };
  return {
    ...clickhouse,
    query: (query, params) => around(query.name, () => clickhouse.query(query, params)),
    stream: async function* (query, params) {
      const after = await hook(query.name);
      yield* clickhouse.stream(query, params);
      await after();
    },
    command: (sql, params) => around('command', () => clickhouse.command(sql, params)),
    insertNative: (table, columns, data, onlyIf) =>
      around(`insert into ${table}`, () => clickhouse.insertNative(table, columns, data, onlyIf)),
  };
};

const hookedControl = (control: Control, hook: Hook): Control => {
  const hooked = <A extends unknown[], T>(name: string, work: (...args: A) => Promise<T>) => {
    return async (...args: A): Promise<T> => {
      const after = await hook(name);
      const result = await work(...args);
      await after();
      return result;
    };
  };
  const { leases, state, stores, positions } = control;
  return {
    ...control,
    leases: { ...leases, acquire: hooked('acquire', leases.acquire) },
    state: { ...state, get: hooked('state.get', state.get), setUnder: hooked('state.set', state.setUnder) },
    stores: { ...stores, list: hooked('stores.list', stores.list) },
    positions: { ...positions, list: hooked('positions.list', positions.list) },
  };
};

const hooked = (hook: Hook, config: Partial<AggregatorConfig> = {}): Aggregator =>
  world.aggregator(config, {
    clickhouse: hookedClickHouse(world.clickhouse, hook),
    control: hookedControl(world.control, hook),
  });

/** A round is on days of its own, with a day between. */
const ROUND_DAYS = 3;

/** A history, on days of its own, whose second half renames, empties, joins and removes what the first half made. */
const history = (store_id: string, round = 0) => {
  const from = round * ROUND_DAYS * 1_440;
  const [v, w, c, o, hook] = [`v${round}`, `w${round}`, `c${round}`, `o${round}`, `hook${round}`];
  return {
    first: [
      add(from + 10, { store_id, visitor_id: v }),
      add(from + 11, { store_id, visitor_id: w, cart_id: c }),
      order(from + 60, o, { store_id, visitor_id: hook, source: 'webhook' }),
      event(from + 1_500, 'visit', { store_id, visitor_id: w }),
    ],
    second: [
      event(from + 5, 'cart_view', { store_id, visitor_id: v, cart_id: c }),
      order(from + 50, o, { store_id, visitor_id: w, cart_id: c }),
      event(from + 1_499, 'product_view', { store_id, visitor_id: w }),
    ],
  };
};

/** The dead aggregator's lease runs out. */
const leaseRunsOut = (): void => {
  time += LEASE_MS + 1;
};

/** The lines about days of a round, days told from its first. */
const restatementsOf = async (store_id: string, round: number) => {
  const dayOf = (age: number) =>
    new Date(Date.parse('2027-01-10') + (round * ROUND_DAYS + age) * DAY_MS).toISOString().slice(0, 10);
  const row = z.object({
    age: z.coerce.number(),
    figure: z.string(),
    was: z.string(),
    is: z.string(),
    cause: z.string(),
  });
  const sql = `SELECT dateDiff('day', {from:Date32}, day) AS age, figure, \`from\` AS was, \`to\` AS is, cause
    FROM restatements FINAL
    WHERE store_id = {store_id:String} AND day BETWEEN {from:Date32} AND {to:Date32}
    ORDER BY day, figure, since`;
  const params = z.object({ store_id: z.string(), from: z.string(), to: z.string() });
  return world.clickhouse.query(
    { name: 'test.restatements', sql, params, row },
    { store_id, from: dayOf(0), to: dayOf(ROUND_DAYS - 1) },
  );
};

test('an aggregator killed after any step leaves nothing that the next run does not mend', {
  timeout: 300_000,
}, async () => {
  const store_id = 'killed';
  await world.createStore(store_id);
  await world.takenIn(time + 3 * 365 * DAY_MS);
  const all: Delivery[] = [];
  const deliver = async (half: readonly Delivery[]) => {
    all.push(...half);
    await world.deliver(half);
  };
  const healthyRun = async () => {
    await using healthy = world.aggregator();
    expect(await healthy.runOnce()).toBe('done');
    await healthy.stop();
  };
  const killedAt: string[] = [];
  for (let step = 1; ; step++) {
    const { first, second } = history(store_id, step);
    await deliver(first);
    // It also finds what the last one that was killed has left.
    await healthyRun();
    await deliver(second);
    let made = 0;
    const dying = hooked(async (call) => {
      if (++made === step) killedAt.push(call);
      if (made >= step) throw new Killed(call);
      return async () => {};
    });
    const outcome = await dying.runOnce().catch((error: unknown) => error);
    expect(outcome).toEqual(made < step ? 'done' : expect.any(Killed));
    leaseRunsOut();
    if (made < step) break;
  }
  await healthyRun();
  await expectLedger(world, store_id, rowsOf(all, DEFAULT_DEFINITION));
  await expectRollups(world, store_id);
  expect(await pendingBatches()).toBe(0);
  // The last one was not killed.
  const unharmed = await restatementsOf(store_id, killedAt.length + 1);
  expect(unharmed.length).toBeGreaterThan(5);
  for (const [i, call] of killedAt.entries()) expect(await restatementsOf(store_id, i + 1), call).toEqual(unharmed);
  expect(new Set(killedAt)).toEqual(
    new Set([
      'acquire',
      'writers.largest',
      'insert into ledger_writers',
      'writers.under_way',
      'state.get',
      'positions.list',
      'touched.pending',
      'stores.list',
      'store_states',
      'touched.touches',
      'links.of',
      'insert into links',
      'events.counts',
      'events.of_visitors',
      'ledger.keys',
      'insert into dirty_days',
      'insert into ledger_keys',
      'insert into ledger_rows',
      'dirty_days',
      'rollups.rows',
      'figures.funnel',
      'figures.order',
      'figures.cart',
      'restatements.written',
      'insert into restatements',
      'command',
      'insert into store_state',
      'insert into touched_batches_done',
    ]),
  );
});

test('a rebuild that is killed at any step goes on where it was, and removes what is of no unit in the end', async () => {
  const store_id = 'killed-rebuild';
  await world.createStore(store_id);
  const deliveries = Array.from({ length: 12 }, (_, i) =>
    add(i, { store_id, visitor_id: `v${i % 8}`, ...(i % 3 === 0 && { cart_id: `c${i % 2}` }) }),
  );
  await world.deliver(deliveries);
  await using first = world.aggregator();
  while ((await first.runOnce()) === 'more');
  await first.stop();
  const expected = rowsOf(deliveries, DEFAULT_DEFINITION);
  let died = 0;
  for (let step = 1; ; step += 11) {
    await world.clickhouse.command(`INSERT INTO ledger_rows (store_id, node, kind, key, version, unit_id)
      SELECT '${store_id}', ${step}, 'cart', 'stray', 1, 'stray'`);
    await world.clickhouse.command(`DELETE FROM ledger_rows WHERE store_id = '${store_id}' AND kind = 'journey'`);
    let made = 0;
    await using dying = hooked(
      async (call) => {
        if (++made >= step) throw new Killed(call);
        return async () => {};
      },
      { pageVisitors: 3 },
    );
    const outcome = await dying.rebuild(store_id).catch((error: unknown) => error);
    leaseRunsOut();
    await using next = world.aggregator({ pageVisitors: 3 });
    while ((await next.runOnce()) === 'more');
    if (made < step) expect(outcome).toBeUndefined();
    // Killed before it had begun, it was never asked for.
    else if (died++ < 2) await next.rebuild(store_id);
    await expectLedger(world, store_id, expected);
    await next.stop();
    if (made < step) break;
  }
  await expectRollups(world, store_id);
  expect(died).toBeGreaterThan(8);
});

test('a writer that was paused past its lease cannot bring back what its successor has removed', async () => {
  const store_id = 'zombie';
  await world.createStore(store_id);
  const own = add(1, { store_id });
  await world.deliver([own]);
  const atInsert = Promise.withResolvers<void>();
  const wake = Promise.withResolvers<void>();
  const zombie = hooked(async (call) => {
    if (call === 'insert into ledger_rows') {
      atInsert.resolve();
      await wake.promise;
    }
    return async () => {};
  });
  const paused = zombie.runOnce().catch((error: unknown) => error);
  await atInsert.promise;
  leaseRunsOut();

  // The successor learns that the visitor carried a cart_id all along: the own cart, never written, is no more.
  const named = event(0, 'cart_view', { store_id, cart_id: 'c' });
  await world.deliver([named]);
  await using successor = world.aggregator();
  expect(await successor.runOnce()).toBe('done');
  const expected = rowsOf([own, named], DEFAULT_DEFINITION);
  await expectLedger(world, store_id, expected);

  wake.resolve();
  expect(await paused).toMatchObject({ code: 'condition_failed' });
  await expectLedger(world, store_id, expected);
  await successor.stop();
});

test('a writer that was paused past its lease cannot undo a rebuild that its successor has begun', async () => {
  const store_id = 'undone';
  await world.createStore(store_id);
  await world.deliver([add(1, { store_id, visitor_id: 'a' }), add(1, { store_id, visitor_id: 'b' })]);
  await using first = world.aggregator();
  await first.runOnce();
  await first.stop();
  const atState = Promise.withResolvers<void>();
  const wake = Promise.withResolvers<void>();
  let writes = 0;
  const zombie = hooked(async (call) => {
    // The first says that the rebuild has begun, the second that it is done.
    if (call === 'state.set' && ++writes === 2) {
      atState.resolve();
      await wake.promise;
    }
    return async () => {};
  });
  const paused = zombie.rebuild(store_id).catch((error: unknown) => error);
  await atState.promise;
  leaseRunsOut();
  await using successor = world.aggregator({ pageVisitors: 1 });
  await world.control.stores.define(store_id, { stages: ['visit', 'purchase'] }, null);
  expect(await successor.runOnce()).toBe('more');
  const begun = await world.control.state.get('aggregator/rebuilds');
  expect(begun).toHaveProperty(store_id);
  wake.resolve();
  expect(await paused).toMatchObject({ code: 'lease_lost' });
  expect(await world.control.state.get('aggregator/rebuilds')).toEqual(begun);
  while ((await successor.runOnce()) === 'more');
  await successor.stop();
});

test('a writer that was paused before it deletes a row by hand deletes none of its successor', async () => {
  const store_id = 'deleting';
  await world.createStore(store_id);
  const own = order(1, 'o', { store_id });
  await world.deliver([own]);
  await using first = world.aggregator();
  await first.runOnce();
  await first.runOnce();
  await first.stop();
  await world.clickhouse.command(`
    INSERT INTO ledger_rows SELECT * REPLACE (4711 AS amount_total, 18446744073709551615 AS version)
    FROM ledger_rows FINAL WHERE store_id = '${store_id}' AND kind = 'order'`);
  const atDelete = Promise.withResolvers<void>();
  const wake = Promise.withResolvers<void>();
  const pausing: ClickHouse = {
    ...world.clickhouse,
    command: async (sql, params) => {
      if (sql.includes('DELETE FROM ledger_rows')) {
        atDelete.resolve();
        await wake.promise;
      }
      return world.clickhouse.command(sql, params);
    },
  };
  await using zombie = world.aggregator({}, { clickhouse: pausing });
  const turn = async (aggregator: Aggregator): Promise<void> => {
    time += DAY_MS;
    for (let i = 0; i < 200; i++) await aggregator.runOnce();
  };
  const paused = turn(zombie).catch((error: unknown) => error);
  await atDelete.promise;
  await using successor = world.aggregator();
  await turn(successor);
  await expectLedger(world, store_id, rowsOf([own], DEFAULT_DEFINITION));
  wake.resolve();
  expect(await paused).toHaveProperty('code');
  await expectLedger(world, store_id, rowsOf([own], DEFAULT_DEFINITION));
  await successor.stop();
});

test('a successor begins only when no insert of its predecessor is under way', async () => {
  await world.createStore('under-way');
  await world.deliver([add(0, { store_id: 'under-way' })]);
  leaseRunsOut();
  const query = `INSERT INTO \`ledger_rows\` (store_id) FORMAT TSV`;
  const url = new URL(inject('clickhouseUrl'));
  url.searchParams.set('query', query);
  url.searchParams.set('database', world.clickhouse.database);
  const slow = request(url, { method: 'POST', headers: { 'Transfer-Encoding': 'chunked' } });
  const ended = Promise.withResolvers<void>();
  slow.on('error', () => ended.resolve());
  slow.on('response', (response) => response.resume().on('end', () => ended.resolve()));
  // The server begins once it has read 256 KiB, and waits for the rest.
  slow.write('by-hand\n'.repeat(100_000));
  await until('the insert is under way', 20_000, async () => {
    const [row] = await world.clickhouse.query(
      {
        name: 'test.under_way',
        sql: `SELECT count() AS n FROM system.processes WHERE query_kind = 'Insert' AND current_database = currentDatabase()`,
        params: z.object({}),
        row: z.object({ n: z.coerce.number() }),
      },
      {},
    );
    return row?.n === 1;
  });
  await using successor = world.aggregator();
  let begun = false;
  const run = successor.runOnce().then((outcome) => {
    begun = true;
    return outcome;
  });
  // Longer than several of its polls.
  await until(
    'polls',
    5_000,
    (() => {
      let probes = 0;
      return () => ++probes > 10;
    })(),
  );
  expect(begun).toBe(false);
  slow.end();
  await ended.promise;
  expect(await run).toBe('done');
  await successor.stop();
});

test('of two aggregators one writes; the other takes over at once when it stops', async () => {
  await world.createStore('two');
  const deliveries = [add(0, { store_id: 'two' })];
  await world.deliver(deliveries);
  await using a = world.aggregator();
  await using b = world.aggregator();
  expect(await a.runOnce()).toBe('done');
  expect(await b.runOnce()).toBe('standby');
  expect(b.readiness()).toEqual({ ready: true, state: 'standby', reason: null });
  const more = add(1, { store_id: 'two' });
  await world.deliver([more]);
  await a.stop();
  expect(await b.runOnce()).toBe('done');
  await expectLedger(world, 'two', rowsOf([...deliveries, more], DEFAULT_DEFINITION));
  await b.stop();
});

test('two aggregators that steal the lease from each other all the time still make the right ledger', async () => {
  const store_id = 'stolen';
  await world.createStore(store_id);
  // Every call takes long enough for the lease to run out.
  const slow: Hook = async (call) => {
    if (call !== 'acquire') time += 7_000;
    return async () => {};
  };
  await using a = hooked(slow);
  await using b = hooked(slow);
  const deliveries = [];
  for (let i = 0; i < 12; i++) {
    const { first, second } = history(store_id);
    const batch = i % 2 === 0 ? first : second;
    deliveries.push(...batch);
    await world.deliver(batch);
    await Promise.allSettled([a.runOnce(), b.runOnce()]);
  }
  leaseRunsOut();
  await using calm = world.aggregator();
  while ((await calm.runOnce()) === 'more');
  await expectLedger(world, store_id, rowsOf(deliveries, DEFAULT_DEFINITION));
  await expectRollups(world, store_id);
  await calm.stop();
});

const pendingBatches = async (): Promise<number> => {
  const [row] = await world.clickhouse.query(
    {
      name: 'test.pending',
      sql: `SELECT uniqExact(batch_id) AS n FROM touches WHERE batch_id NOT IN (SELECT batch_id FROM touched_batches_done)`,
      params: z.object({}),
      row: z.object({ n: z.coerce.number() }),
    },
    {},
  );
  return row?.n ?? 0;
};
