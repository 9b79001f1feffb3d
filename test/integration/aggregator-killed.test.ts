import type { Delivery } from '@cartledger/events';
import { DAY_MS, DEFAULT_DEFINITION } from '@cartledger/funnel';
import { expect, inject, test } from 'vitest';
import { z } from 'zod';
import { add } from './aggregator-events.ts';
import { expectLedger, expectRollups, rowsOf } from './aggregator-expect.ts';
import { createFaultyWorld, type FaultyWorld, history, Killed, ROUND_DAYS } from './aggregator-faulty.ts';

const pendingBatches = async (world: FaultyWorld): Promise<number> => {
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

/** The lines about days of a round, days told from its first. */
const restatementsOf = async (world: FaultyWorld, store_id: string, round: number) => {
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

/** As many at a time as a small machine has cores: each waits for the disk most of the time. */
const LANES = 2;

/** Kills one run after every so many steps, from `first` on, until one had fewer; answers at which calls. */
const killAfter = async (first: number): Promise<string[]> => {
  await using world = await createFaultyWorld(inject('clickhouseUrl'));
  const store_id = 'killed';
  await world.createStore(store_id);
  await world.takenIn(world.now() + 3 * 365 * DAY_MS);
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
  // Reports have stood at something before the first round: what comes in then is late.
  await deliver(history(store_id).first);
  await healthyRun();
  const killedAt: string[] = [];
  const rounds: number[] = [];
  for (let step = first; ; step += LANES) {
    const halves = history(store_id, step);
    rounds.push(step);
    await deliver(halves.first);
    // It also finds what the last one that was killed has left.
    await healthyRun();
    await deliver(halves.second);
    let made = 0;
    const dying = world.hooked(async (call) => {
      if (++made === step) killedAt.push(call);
      if (made >= step) throw new Killed(call);
      return async () => {};
    });
    const outcome = await dying.runOnce().catch((error: unknown) => error);
    expect(outcome).toEqual(made < step ? 'done' : expect.any(Killed));
    world.leaseRunsOut();
    if (made < step) break;
  }
  await healthyRun();
  await expectLedger(world, store_id, rowsOf(all, DEFAULT_DEFINITION));
  await expectRollups(world, store_id);
  expect(await pendingBatches(world)).toBe(0);
  const restated: Awaited<ReturnType<typeof restatementsOf>>[] = [];
  for (const round of rounds) restated.push(await restatementsOf(world, store_id, round));
  // The last one was not killed.
  const unharmed = restated.pop() ?? [];
  expect(unharmed.length).toBeGreaterThan(5);
  for (const [i, call] of killedAt.entries()) expect(restated[i], call).toEqual(unharmed);
  return killedAt;
};

test('an aggregator killed after any step leaves nothing that the next run does not mend', {
  timeout: 300_000,
}, async () => {
  const lanes = await Promise.all(Array.from({ length: LANES }, (_, i) => killAfter(i + 1)));
  const killedAt = lanes.flat();
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
      'horizons',
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
      'figures.stored_funnel',
      'figures.stored_order',
      'figures.stored_cart',
      'figures.live_funnel',
      'figures.live_order',
      'figures.live_cart',
      'restatements.known_days',
      'restatements.written',
      'insert into restatements',
      'command',
      'insert into store_state',
      'insert into touched_batches_done',
    ]),
  );
});

test('a rebuild that is killed at any step goes on where it was, and removes what is of no unit in the end', async () => {
  await using world = await createFaultyWorld(inject('clickhouseUrl'));
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
    await using dying = world.hooked(
      async (call) => {
        if (++made >= step) throw new Killed(call);
        return async () => {};
      },
      { pageVisitors: 3 },
    );
    const outcome = await dying.rebuild(store_id).catch((error: unknown) => error);
    world.leaseRunsOut();
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
