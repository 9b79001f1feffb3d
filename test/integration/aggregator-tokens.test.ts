import { createControl } from '@cartledger/control';
import { DEFAULT_DEFINITION } from '@cartledger/funnel';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { add, event, order } from './aggregator-events.ts';
import { expectLedger, expectRollups, rowsOf } from './aggregator-expect.ts';
import { createWorld, type World } from './aggregator-world.ts';

let time = Date.parse('2027-02-01T12:00:00Z');

let world: World;
beforeAll(async () => {
  world = await createWorld(inject('clickhouseUrl'), () => time);
});
afterAll(() => world?.[Symbol.asyncDispose]());

/** A control store that has been made anew: its leases begin at token 1. */
const newControl = async (store_id: string) => {
  const control = createControl({ dialect: 'sqlite', path: ':memory:' }, { now: () => time });
  await control.migrate();
  await control.stores.create(store_id);
  return control;
};

test('a control store that was lost does not make later writes lose, whatever tables have been emptied', async () => {
  const store_id = 'lost-control';
  await world.createStore(store_id);
  const deliveries = [add(0, { store_id }), order(30, 'o', { store_id })];
  await world.deliver(deliveries);
  for (let turn = 0; turn < 3; turn++) {
    await using one = world.aggregator();
    await one.runOnce();
    await one.stop();
    // Its lease runs out, and the token grows.
    time += 60_000;
  }
  for (const empty of [[], ['ledger_writers'], ['ledger_rows', 'ledger_keys', 'ledger_writers', 'store_state']]) {
    for (const table of empty) await world.clickhouse.command(`TRUNCATE TABLE ${table}`);
    await using control = await newControl(store_id);
    await using next = world.aggregator({}, { control });
    const late = event(deliveries.length, 'cart_view', { store_id });
    deliveries.push(late);
    await world.deliver([late]);
    while ((await next.runOnce()) === 'more');
    await expectLedger(world, store_id, rowsOf(deliveries, DEFAULT_DEFINITION));
    await expectRollups(world, store_id);
    await next.stop();
  }
});

test('a token that no lease gets to is named, with what to do', async () => {
  time += 60_000;
  await world.clickhouse.command('INSERT INTO ledger_writers (token) VALUES (9223372036854775807)');
  await using aggregator = world.aggregator();
  await expect(aggregator.runOnce()).rejects.toMatchObject({ code: 'bad_token' });
  await world.clickhouse.command('DELETE FROM ledger_writers WHERE token = 9223372036854775807');
});
