import { createTimelines } from '@cartledger/api';
import { createHasher } from '@cartledger/events';
import { DEFAULT_DEFINITION } from '@cartledger/funnel';
import { createHistory } from '@cartledger/history';
import { createReports } from '@cartledger/reports';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { add } from './aggregator-events.ts';
import { expectLedger, rowsOf } from './aggregator-expect.ts';
import { createWorld, type World } from './aggregator-world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld(inject('clickhouseUrl'), () => Date.parse('2027-02-01T12:00:00Z'));
});
afterAll(() => world?.[Symbol.asyncDispose]());

test('a store in which too much hangs together stands still, with what it hangs by; others go on', async () => {
  for (const store_id of ['huge', 'sound']) await world.createStore(store_id);
  const huge = Array.from({ length: 12 }, (_, i) =>
    add(i, { store_id: 'huge', visitor_id: `v${i}`, cart_id: i % 4 === 0 ? 'mine' : 'undefined' }),
  );
  const chained = add(20, { store_id: 'huge', visitor_id: 'v0', cart_id: 'undefined' });
  const sound = [add(0, { store_id: 'sound' })];
  await world.deliver([...huge, chained, ...sound]);
  await using aggregator = world.aggregator({ maxComponentEvents: 10 });
  await aggregator.runOnce();
  await expectLedger(world, 'sound', rowsOf(sound, DEFAULT_DEFINITION));
  expect(aggregator.readiness().reason).toBe('ledgers of 1 stores stand still, others go on: component_too_large');

  const hasher = await createHasher();
  const history = createHistory(world.clickhouse);
  const read = () => history.ofVisitors('huge', [hasher.visitorNode('v1')], { properties: [], maxComponentEvents: 10 });
  await expect(read()).rejects.toMatchObject({
    code: 'component_too_large',
    message: expect.stringContaining('cart_id undefined'),
  });
  const store = await world.control.stores.get('huge');
  await world.clickhouse.command(
    `INSERT INTO store_state (store_id, as_of, definition_version) VALUES ('huge', now64(3), 1)`,
  );
  const timeline = createTimelines({ clickhouse: world.clickhouse }, { maxComponentEvents: 10 });
  await expect(store && timeline(store, { visitor_id: 'v1' })).rejects.toMatchObject({ code: 'component_too_large' });
  const reports = createReports({ clickhouse: world.clickhouse }, { onDemand: { maxComponentEvents: 10 } });
  if (!store) throw new Error('the store has gone');
  const { definition, versions } = store;
  const day = '2027-01-10';
  const asked = { store_id: 'huge', from: day, to: day, definition, versions };
  const onDemand = reports.funnel({ ...asked, mode: 'any', window_ms: 3_600_000 });
  await expect(onDemand).rejects.toMatchObject({
    code: 'component_too_large',
    message: expect.stringContaining('cart_id undefined'),
  });
  await aggregator.stop();

  // Of one that is larger by far, only as much is met as tells so.
  const few = { properties: [], maxComponentEvents: 5 };
  await expect(history.ofVisitors('huge', [hasher.visitorNode('v1')], few)).rejects.toMatchObject({
    code: 'component_too_large',
    message: expect.stringMatching(/12 visitors.*cart_id undefined/),
  });
});
