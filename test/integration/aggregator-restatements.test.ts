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

test('a late order restates its day, with its cart and its funnel', async () => {
  const lines = await restate('late-order', [event(0, 'visit'), add(1)], [order(20, 'o')]);
  expect(lines).toMatchObject({
    [`${DAY} revenue EUR orders.count`]: '0 -> 1 late_order',
    [`${DAY} revenue EUR orders.order_total`]: '0 -> 500 late_order',
    [`${DAY} abandonment carts.lost`]: '1 -> 0 late_order',
    [`${DAY} abandonment carts.purchased`]: '0 -> 1 late_order',
    [`${DAY} revenue EUR carts.left`]: '500 -> 0 late_order',
    [`${DAY} revenue EUR carts.bought`]: '0 -> 500 late_order',
    [`${DAY} abandonment points.cart.carts`]: '1 -> 0 late_order',
    [`${DAY} abandonment EUR points.cart.value`]: '500 -> 0 late_order',
    [`${DAY} abandonment reasons.none.carts`]: '1 -> 0 late_order',
    [`${DAY} revenue EUR stages.cart.left`]: '500 -> 0 late_order',
    [`${DAY} revenue EUR stages.purchase.reached`]: '0 -> 500 late_order',
    [`${DAY} revenue EUR stages.purchase.carts`]: '0 -> 1 late_order',
    [`${DAY} revenue EUR bridge.joined_carts`]: '0 -> 500 late_order',
    [`${DAY} ${FUNNEL}.purchase.units_any`]: '0 -> 1 late_order',
  });
  expect(lines).not.toHaveProperty([`${DAY} abandonment carts.created`]);
  expect(lines).not.toHaveProperty([`${DAY} revenue EUR stages.cart.reached`]);
});

test('a stage that is listed twice is restated as two', async () => {
  const stages = ['purchase', 'product_view', 'purchase'];
  const first = [order(1, 'a'), order(20, 'b', { visitor_id: 'w' }), event(21, 'product_view', { visitor_id: 'w' })];
  const lines = await restate('listed-twice', first, [order(40, 'c', { visitor_id: 'w' })], { stages });
  expect(lines).toMatchObject({
    [`${DAY} ${FUNNEL}.purchase#2.units`]: '0 -> 1 late_order',
  });
  expect(lines).not.toHaveProperty([`${DAY} ${FUNNEL}.purchase.units`]);
});

test('a late event restates the stages it moves, and no others', async () => {
  const lines = await restate(
    'late-event',
    [event(1, 'visit'), event(5, 'visit', { visitor_id: 'w' })],
    [event(2, 'product_view')],
  );
  expect(lines).toEqual({
    [`${DAY} ${FUNNEL}.product_view.units`]: '0 -> 1 late_event',
    [`${DAY} ${FUNNEL}.product_view.units_any`]: '0 -> 1 late_event',
    [`${DAY} funnel session/ordered/604800000 stages.product_view.units`]: '0 -> 1 late_event',
    [`${DAY} funnel session/ordered/604800000 stages.product_view.units_any`]: '0 -> 1 late_event',
  });
});

test('an event that moves no chain restates what it is counted in all the same', async () => {
  const lines = await restate('any', [event(1, 'visit')], [event(2, 'checkout')]);
  expect(lines).toMatchObject({ [`${DAY} ${FUNNEL}.checkout.units_any`]: '0 -> 1 late_event' });
  expect(lines).not.toHaveProperty([`${DAY} ${FUNNEL}.checkout.units`]);
});

test('late figures of a quiet day that had closed are restated', async () => {
  const day = 24 * 60;
  const lines = await restate('quiet', [event(-2 * day, 'visit'), event(0, 'visit')], [order(-day, 'o')]);
  expect(lines).toMatchObject({
    '2027-01-09 revenue EUR orders.count': '0 -> 1 late_order',
    '2027-01-09 revenue EUR orders.order_total': '0 -> 500 late_order',
    [`2027-01-09 ${FUNNEL}.purchase.units_any`]: '0 -> 1 late_order',
  });
  expect(Object.keys(lines).filter((line) => !line.startsWith('2027-01-09'))).toEqual([]);
});

test('a silence is told of: what came late of days after the last one known is restated, history is not', async () => {
  const minutes = (day: string) => (Date.parse(`${day}T10:00:00Z`) - Date.parse(`${DAY}T10:00:00Z`)) / 60_000;
  // The store was made on the first of March.
  let time = Date.parse('2027-01-10T12:00:00Z');
  await using other = await createWorld(inject('clickhouseUrl'), () => time);
  await other.createStore('silent');
  time = NOW;
  await other.takenIn(NOW);
  await using aggregator = other.aggregator();
  for (const minute of [0, minutes('2027-01-20')]) {
    await other.deliver([order(minute, `o${minute}`, { store_id: 'silent' })]);
    expect(await aggregator.runOnce()).toBe('done');
  }
  expect(await linesOf('silent', other)).toMatchObject({
    '2027-01-20 revenue EUR orders.count': '0 -> 1 late_order',
  });
  await aggregator.stop();
  expect(await restate('forward', [order(0, 'o')], [order(minutes('2027-01-20'), 'p')])).toEqual({});
});

test('a day on which nothing was known is history, and an open day is no restatement', async () => {
  expect(await restate('history', [add(0)], [add(-30 * MINUTES_A_DAY, { visitor_id: 'w' })])).toEqual({});
  const today = (NOW - Date.parse(`${DAY}T10:00:00Z`)) / 60_000 - 30;
  expect(await restate('open', [add(today)], [order(today + 1, 'o')])).toEqual({});
});

test('what came in time is no restatement, however late the aggregator takes it in', async () => {
  const store_id = 'came-back';
  await using other = await createWorld(inject('clickhouseUrl'), () => NOW);
  await other.createStore(store_id);
  await using aggregator = other.aggregator();
  await other.takenIn(Date.parse(`${DAY}T12:00:00Z`));
  await other.deliver([add(0, { store_id })]);
  expect(await aggregator.runOnce()).toBe('done');
  // Reports were told of an open day; then it stood still for weeks.
  await other.deliver([order(30, 'o', { store_id })]);
  await other.takenIn(NOW);
  expect(await aggregator.runOnce()).toBe('done');
  await expectRollups(other, store_id);
  expect(await linesOf(store_id, other)).toEqual({});
  await aggregator.stop();
});
