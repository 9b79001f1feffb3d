import { DEFAULT_DEFINITION } from '@cartledger/funnel';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { add } from './aggregator-events.ts';
import { expectLedger, expectRollups, rowsOf } from './aggregator-expect.ts';
import { createFaultyWorld, type FaultyWorld, type Hook, history } from './aggregator-faulty.ts';

let world: FaultyWorld;
beforeAll(async () => {
  world = await createFaultyWorld(inject('clickhouseUrl'));
});
afterAll(() => world?.[Symbol.asyncDispose]());

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
    if (call !== 'acquire') world.pass(7_000);
    return async () => {};
  };
  await using a = world.hooked(slow);
  await using b = world.hooked(slow);
  const deliveries = [];
  for (let i = 0; i < 12; i++) {
    const { first, second } = history(store_id);
    const batch = i % 2 === 0 ? first : second;
    deliveries.push(...batch);
    await world.deliver(batch);
    await Promise.allSettled([a.runOnce(), b.runOnce()]);
  }
  world.leaseRunsOut();
  await using calm = world.aggregator();
  while ((await calm.runOnce()) === 'more');
  await expectLedger(world, store_id, rowsOf(deliveries, DEFAULT_DEFINITION));
  await expectRollups(world, store_id);
  await calm.stop();
});
