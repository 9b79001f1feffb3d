import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { add, event, order } from './aggregator-events.ts';
import { expectRollups } from './aggregator-expect.ts';
import { createWorld, type World } from './aggregator-world.ts';
import { DAY, FUNNEL, MINUTES_A_DAY, NOW, type Restating, restatingIn } from './restating.ts';

let world: World;
let linesOf: Restating['linesOf'];
let restate: Restating['restate'];
beforeAll(async () => {
  world = await createWorld(inject('clickhouseUrl'), () => NOW);
  await world.takenIn(NOW);
  ({ linesOf, restate } = restatingIn(world));
});
afterAll(() => world?.[Symbol.asyncDispose]());

test('an order whose cart turns out to be of bots is without a cart for that cause', async () => {
  const device = { user_agent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' };
  const lines = await restate(
    'bot-cart',
    [add(0, { visitor_id: 'w', cart_id: 'c' }), order(1, 'o', { cart_id: 'c' }), add(2, { visitor_id: 'x' })],
    [event(2, 'visit', { visitor_id: 'w', device })],
  );
  expect(lines).toMatchObject({ [`${DAY} revenue EUR orders.without_cart`]: '0 -> 1 bot' });
});

test('an order of before that a late cart is found for is no late order', async () => {
  const lines = await restate('late-cart', [order(20, 'o')], [add(1)]);
  expect(lines).toMatchObject({
    [`${DAY} revenue EUR orders.without_cart`]: '1 -> 0 late_event',
    [`${DAY} revenue EUR bridge.joined_carts`]: '0 -> 500 late_event',
    [`${DAY} revenue EUR carts.bought`]: '0 -> 500 late_event',
    [`${DAY} abandonment carts.created`]: '0 -> 1 late_event',
    [`${DAY} abandonment carts.purchased`]: '0 -> 1 late_event',
  });
  expect(Object.values(lines).filter((line) => !line.endsWith(' late_event'))).toEqual([]);
});

test('a late order of another day than its cart is why the cart is bought', async () => {
  const day = 24 * 60;
  const lines = await restate('next-day', [add(day - 620)], [order(day - 590, 'o')]);
  expect(lines).toMatchObject({
    [`${DAY} abandonment carts.purchased`]: '0 -> 1 late_order',
    [`${DAY} revenue EUR carts.bought`]: '0 -> 500 late_order',
  });
});

test('an order of before that a late start leads to is no late order', async () => {
  const stages = ['visit', 'purchase'];
  const lines = await restate('late-start', [order(20, 'o')], [event(0, 'visit')], { stages });
  expect(lines).toMatchObject({
    [`${DAY} ${FUNNEL}.visit.units`]: '0 -> 1 late_event',
    [`${DAY} ${FUNNEL}.purchase.units`]: '0 -> 1 late_event',
  });
  expect(lines).not.toHaveProperty([`${DAY} ${FUNNEL}.purchase.units_any`]);
});

test('a late visitor is none of the bots that came as late', async () => {
  const device = { user_agent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' };
  const lines = await restate(
    'late-bot',
    [event(0, 'visit'), add(1)],
    [
      add(2, { visitor_id: 'w' }),
      event(3, 'visit', { visitor_id: 'w' }),
      event(4, 'visit', { visitor_id: 'b', device }),
      add(5, { visitor_id: 'b' }),
    ],
  );
  expect(lines).toMatchObject({
    [`${DAY} ${FUNNEL}.visit.units`]: '1 -> 2 late_event',
    [`${DAY} abandonment carts.created`]: '1 -> 2 late_event',
    [`${DAY} revenue EUR carts.value`]: '500 -> 1000 late_event',
  });
  expect(Object.values(lines).filter((line) => line.endsWith(' bot'))).toEqual([]);
});

test('a cart bought after its day had closed restates the day as recovered', async () => {
  const lines = await restate('recovered', [add(0)], [order(20 * MINUTES_A_DAY, 'o')]);
  expect(lines).toEqual({
    [`${DAY} abandonment carts.lost`]: '1 -> 0 recovered',
    [`${DAY} abandonment carts.recovered`]: '0 -> 1 recovered',
    [`${DAY} abandonment carts.recovered_late`]: '0 -> 1 recovered',
    [`${DAY} revenue EUR carts.left`]: '500 -> 0 recovered',
    [`${DAY} revenue EUR carts.bought`]: '0 -> 500 recovered',
    [`${DAY} abandonment points.cart.carts`]: '1 -> 0 recovered',
    [`${DAY} abandonment EUR points.cart.value`]: '500 -> 0 recovered',
    [`${DAY} abandonment reasons.none.carts`]: '1 -> 0 recovered',
    [`${DAY} abandonment EUR reasons.none.value`]: '500 -> 0 recovered',
    [`${DAY} revenue EUR stages.cart.left`]: '500 -> 0 recovered',
    [`${DAY} revenue EUR stages.cart.recovered`]: '0 -> 500 recovered',
    ...Object.fromEntries(
      ['checkout.start', 'checkout.contact', 'checkout.shipping', 'checkout.payment', 'purchase'].flatMap((stage) => [
        [`${DAY} revenue EUR stages.${stage}.carts`, '0 -> 1 recovered'],
        [`${DAY} revenue EUR stages.${stage}.reached`, '0 -> 500 recovered'],
      ]),
    ),
  });
});

test('a cart revived after its day had closed restates the day as revived', async () => {
  // Lost again by now.
  const lines = await restate('revived', [add(0)], [event(20 * MINUTES_A_DAY, 'checkout')]);
  expect(lines).toEqual({
    [`${DAY} abandonment carts.revived`]: '0 -> 1 revived',
    [`${DAY} abandonment checkout.created`]: '0 -> 1 revived',
    [`${DAY} abandonment checkout.lost`]: '0 -> 1 revived',
    [`${DAY} abandonment points.cart.carts`]: '1 -> 0 revived',
    [`${DAY} abandonment points.checkout.start.carts`]: '0 -> 1 revived',
    [`${DAY} abandonment EUR points.cart.value`]: '500 -> 0 revived',
    [`${DAY} abandonment EUR points.checkout.start.value`]: '0 -> 500 revived',
    [`${DAY} revenue EUR stages.cart.left`]: '500 -> 0 revived',
    [`${DAY} revenue EUR stages.checkout.start.carts`]: '0 -> 1 revived',
    [`${DAY} revenue EUR stages.checkout.start.left`]: '0 -> 500 revived',
    [`${DAY} revenue EUR stages.checkout.start.reached`]: '0 -> 500 revived',
  });
});

test('of one day, each figure has its own cause: a recovery makes no cart', async () => {
  const lines = await restate('mixed', [add(0)], [order(20 * MINUTES_A_DAY, 'o'), add(1, { visitor_id: 'w' })]);
  expect(lines).toMatchObject({
    [`${DAY} abandonment carts.created`]: '1 -> 2 late_event',
    [`${DAY} abandonment carts.recovered`]: '0 -> 1 recovered',
  });
});

test('a visitor who turns out to be a bot is taken out of the day for that cause', async () => {
  const device = { user_agent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' };
  const lines = await restate('bot', [add(0), add(1, { visitor_id: 'w' })], [event(2, 'visit', { device })]);
  expect(lines).toMatchObject({
    [`${DAY} abandonment carts.created`]: '2 -> 1 bot',
    [`${DAY} abandonment carts.lost`]: '2 -> 1 bot',
    [`${DAY} revenue EUR carts.value`]: '1000 -> 500 bot',
  });
});

test('another definition restates the figures it moves; another zone leaves one line', async () => {
  const store_id = 'defined';
  await world.createStore(store_id);
  await world.deliver([
    event(0, 'visit', { store_id }),
    add(1, { store_id }),
    add(14 * 60, { store_id, visitor_id: 'w' }),
  ]);
  await using aggregator = world.aggregator();
  const settle = async () => {
    while ((await aggregator.runOnce()) === 'more');
    await expectRollups(world, store_id);
  };
  await settle();
  await world.control.stores.define(store_id, { stages: ['visit', 'add_to_cart', 'purchase'] }, null);
  await settle();
  const moved = await linesOf(store_id);
  expect(moved).toEqual({
    [`${DAY} ${FUNNEL}.add_to_cart.units`]: '0 -> 1 definition',
    [`${DAY} funnel session/ordered/604800000 stages.add_to_cart.units`]: '0 -> 1 definition',
  });
  await world.control.stores.define(store_id, { time_zone: 'Pacific/Auckland' }, null);
  await settle();
  expect(await linesOf(store_id)).toEqual({ ...moved, '2027-03-01 all': 'UTC -> Pacific/Auckland time_zone' });
  await aggregator.stop();
});

test('what moved before or beside another definition keeps its own cause, with another zone too', async () => {
  for (const [store_id, change, from] of [
    ['pending', { stages: ['visit', 'add_to_cart', 'purchase'] }, null],
    ['elsewhere', { stages: ['visit', 'add_to_cart', 'purchase'] }, '2027-02-01'],
    ['zoned', { time_zone: 'Pacific/Auckland' }, null],
  ] as const) {
    await world.createStore(store_id);
    await world.deliver([event(0, 'visit', { store_id }), add(1, { store_id })]);
    // Rollups of the day wait while events keep coming in.
    await using aggregator = world.aggregator({ rollupEveryMs: 3_600_000 });
    while ((await aggregator.runOnce()) === 'more');
    expect(await aggregator.runOnce()).toBe('done');
    await world.deliver([order(20, 'o', { store_id })]);
    // Of the elsewhere's day no version changes; the other days' late order waits for its rollup.
    if (store_id === 'elsewhere') await world.control.stores.define(store_id, change, from);
    expect(await aggregator.runOnce()).toBe('done');
    if (store_id !== 'elsewhere') await world.control.stores.define(store_id, change, from);
    while ((await aggregator.runOnce()) === 'more');
    await aggregator.runOnce();
    await expectRollups(world, store_id);
    expect(await linesOf(store_id), store_id).toMatchObject({
      [`${DAY} revenue EUR orders.count`]: '0 -> 1 late_order',
      [`${DAY} abandonment carts.purchased`]: '0 -> 1 late_order',
    });
    await aggregator.stop();
  }
});

test('what an erasure moves is told as that in a rebuild too', async () => {
  const store_id = 'erased';
  const store = await world.createStore(store_id);
  const gone = event(1, 'visit', { store_id, visitor_id: 'gone' });
  // Of the other version is a later day.
  await world.deliver([event(0, 'visit', { store_id }), gone, event(30 * MINUTES_A_DAY, 'visit', { store_id })]);
  await using aggregator = world.aggregator({ rollupEveryMs: 3_600_000 });
  while ((await aggregator.runOnce()) === 'more');
  expect(await aggregator.runOnce()).toBe('done');
  const { erasures, stores } = world.control;
  const erasure = { store_id, kind: 'visitor', hash: 1n, up_to: NOW, begun_by: 'test', document: null } as const;
  await erasures.change(await erasures.begin(erasure), { restated_days: [DAY] });
  await world.clickhouse.command("DELETE FROM events WHERE store_id = {store_id:String} AND visitor_id = 'gone'", {
    store_id,
  });
  const { definition } = await stores.define(store_id, { abandon_ms: 2 * store.definition.abandon_ms }, '2027-02-01');
  expect(definition.version).toBe(2);
  while ((await aggregator.runOnce()) === 'more');
  await expectRollups(world, store_id);
  expect(await linesOf(store_id)).toEqual({
    [`${DAY} ${FUNNEL}.visit.units`]: '2 -> 1 erasure',
    [`${DAY} ${FUNNEL}.visit.units_any`]: '2 -> 1 erasure',
    [`${DAY} funnel session/ordered/604800000 stages.visit.units`]: '2 -> 1 erasure',
    [`${DAY} funnel session/ordered/604800000 stages.visit.units_any`]: '2 -> 1 erasure',
  });
  await aggregator.stop();
});
