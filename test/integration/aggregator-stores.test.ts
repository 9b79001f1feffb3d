import { type ClickHouse, ClickHouseError } from '@cartledger/clickhouse';
import { DEFAULT_DEFINITION } from '@cartledger/funnel';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { add, event } from './aggregator-events.ts';
import { expectLedger, expectRollups, rowsOf } from './aggregator-expect.ts';
import { createWorld, type World } from './aggregator-world.ts';

let time = Date.parse('2027-02-01T12:00:00Z');
let world: World;
beforeAll(async () => {
  world = await createWorld(inject('clickhouseUrl'), () => time);
});
afterAll(() => world?.[Symbol.asyncDispose]());

const count = async (sql: string): Promise<number> => {
  const row = z.object({ n: z.coerce.number() });
  const [answer] = await world.clickhouse.query({ name: 'test.count', sql, params: z.object({}), row }, {});
  return answer?.n ?? 0;
};

const PENDING =
  'SELECT uniqExact(batch_id) AS n FROM touches WHERE batch_id NOT IN (SELECT batch_id FROM touched_batches_done)';

test('a store whose ledgers cannot be computed is named and tried again; the others go on', async () => {
  const broken = new Set(['broken']);
  const { clickhouse } = world;
  const failing: ClickHouse = {
    ...clickhouse,
    stream: async function* (query, params) {
      const asked = z.object({ stores: z.array(z.string()) }).safeParse(params);
      if (query.name === 'events.of_visitors' && asked.data?.stores.some((id) => broken.has(id)))
        throw new RangeError('a component that cannot be computed');
      yield* clickhouse.stream(query, params);
    },
  };
  for (const store_id of ['broken', 'sound']) await world.createStore(store_id);
  const of = (store_id: string) => [add(0, { store_id }), event(5, 'checkout', { store_id })];
  const [first, sound] = [of('broken'), of('sound')];
  await world.takenIn(time);
  await world.deliver([...first, ...sound]);
  await using aggregator = world.aggregator({}, { clickhouse: failing });
  expect(await aggregator.runOnce()).toBe('done');
  expect(aggregator.readiness()).toEqual({
    ready: false,
    state: 'failing',
    reason: 'ledgers of 1 stores stand still, others go on: RangeError',
  });
  await expectLedger(world, 'sound', rowsOf(sound, DEFAULT_DEFINITION));
  await expectRollups(world, 'sound');
  expect(await count(`SELECT count() AS n FROM ledger_rows WHERE store_id = 'broken'`)).toBe(0);
  expect(await count(`SELECT count() AS n FROM store_state WHERE store_id = 'broken'`)).toBe(0);
  expect(await count(PENDING)).toBe(1);

  // What comes while it waits is set aside too, and others' batches are done.
  const [second, more] = [of('broken'), of('sound')];
  await world.deliver([...second, ...more]);
  expect(await aggregator.runOnce()).toBe('done');
  await expectLedger(world, 'sound', rowsOf([...sound, ...more], DEFAULT_DEFINITION));
  expect(await count(PENDING)).toBe(1);

  // Tried again, it fails again; then it is mended, and another aggregator takes over.
  time += 60_000;
  expect(await aggregator.runOnce()).toBe('done');
  expect(aggregator.readiness().ready).toBe(false);
  await aggregator.stop();
  broken.clear();
  time += 600_000;
  await using next = world.aggregator();
  while ((await next.runOnce()) === 'more');
  expect(next.readiness()).toEqual({ ready: true, state: 'running', reason: null });
  await expectLedger(world, 'broken', rowsOf([...first, ...second], DEFAULT_DEFINITION));
  await expectRollups(world, 'broken');
  expect(await count(PENDING)).toBe(0);
  await next.stop();
});

test('an insert of rows that timed out is refused when it comes after what was written in its stead', async () => {
  const store_id = 'late-landing';
  await world.createStore(store_id);
  const { clickhouse } = world;
  const landing: (() => Promise<void>)[] = [];
  const slow: ClickHouse = {
    ...clickhouse,
    insertNative: async (table, columns, data, onlyIf) => {
      if (table !== 'ledger_rows' || landing.length > 0) return clickhouse.insertNative(table, columns, data, onlyIf);
      landing.push(() => clickhouse.insertNative(table, columns, data, onlyIf));
      throw new ClickHouseError('timeout', 'no answer in time', { retriable: true });
    },
  };
  const own = add(1, { store_id });
  await world.deliver([own]);
  await using aggregator = world.aggregator({}, { clickhouse: slow });
  await expect(aggregator.runOnce()).rejects.toMatchObject({ code: 'timeout' });
  // Meanwhile it turns out that the visitor carried a cart_id all along: the rows under way are of no unit any more.
  const named = event(0, 'cart_view', { store_id, cart_id: 'c' });
  await world.deliver([named]);
  expect(await aggregator.runOnce()).toBe('done');
  const expected = rowsOf([own, named], DEFAULT_DEFINITION);
  await expectLedger(world, store_id, expected);
  expect(landing.length).toBe(1);
  for (const land of landing) await expect(land()).rejects.toMatchObject({ code: 'condition_failed' });
  await expectLedger(world, store_id, expected);
  await expectRollups(world, store_id);
  await aggregator.stop();
});
