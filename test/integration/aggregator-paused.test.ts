import { request } from 'node:http';
import type { Aggregator } from '@cartledger/aggregator';
import type { ClickHouse } from '@cartledger/clickhouse';
import { DAY_MS, DEFAULT_DEFINITION, HOUR_MS } from '@cartledger/funnel';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { add, event, order } from './aggregator-events.ts';
import { expectLedger, rowsOf } from './aggregator-expect.ts';
import { createFaultyWorld, type FaultyWorld } from './aggregator-faulty.ts';
import { until } from './until.ts';

let world: FaultyWorld;
beforeAll(async () => {
  world = await createFaultyWorld(inject('clickhouseUrl'));
});
afterAll(() => world?.[Symbol.asyncDispose]());

test('a writer that was paused past its lease cannot bring back what its successor has removed', async () => {
  const store_id = 'zombie';
  await world.createStore(store_id);
  const own = add(1, { store_id });
  await world.deliver([own]);
  const atInsert = Promise.withResolvers<void>();
  const wake = Promise.withResolvers<void>();
  const zombie = world.hooked(async (call) => {
    if (call === 'insert into ledger_rows') {
      atInsert.resolve();
      await wake.promise;
    }
    return async () => {};
  });
  const paused = zombie.runOnce().catch((error: unknown) => error);
  await atInsert.promise;
  world.leaseRunsOut();

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
  const zombie = world.hooked(async (call) => {
    // The first says that the rebuild has begun, the second that it is done.
    if (call === 'state.set' && ++writes === 2) {
      atState.resolve();
      await wake.promise;
    }
    return async () => {};
  });
  const paused = zombie.rebuild(store_id).catch((error: unknown) => error);
  await atState.promise;
  world.leaseRunsOut();
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
  const positions = z.record(z.string(), z.object({ at: z.number() }));
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
  /** A day passes, and the sweep makes up for it. */
  const turn = async (aggregator: Aggregator): Promise<void> => {
    world.pass(DAY_MS);
    const hour = Math.floor(world.now() / HOUR_MS) * HOUR_MS;
    for (let at = 0; at < hour; ) {
      await aggregator.runOnce();
      at = positions.parse(await world.control.state.get('aggregator/sweep')).deleting?.at ?? 0;
    }
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
  world.leaseRunsOut();
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
