import { expect, it } from 'vitest';
import { HOUR_MS, versionInForce } from '../definition.ts';
import { BERLIN, build, cartsOf, DAY, event, items, journeysOf, order, T0 } from './test-story.ts';

const old = { ...BERLIN, version: 1, stages: ['visit', 'purchase'] };
const newest = { ...BERLIN, version: 2, stages: ['product_view', 'checkout', 'purchase'] };
const FROM = '2026-05-06';
const versions = [
  { from: null, definition: old },
  { from: FROM, definition: newest },
];

it('the highest version that has begun is in force, before the first the lowest', () => {
  const three = { ...BERLIN, version: 3 };
  const all = [
    { from: '2026-05-01', definition: old },
    { from: '2026-05-09', definition: newest },
    { from: '2026-05-05', definition: three },
  ];
  const on = (day: string) => versionInForce(all, day).version;
  expect(['2026-04-30', '2026-05-01', '2026-05-05', '2026-05-09'].map(on)).toEqual([1, 1, 3, 3]);
  expect(() => versionInForce([], FROM)).toThrow(TypeError);
});

it('a journey follows the stages in force on its day, also over days on which others are', () => {
  const rows = build(
    [
      event(0, 'visit'),
      event(1, 'product_view'),
      event(2 * DAY, 'visit'),
      event(2 * DAY + 1, 'product_view'),
      event(2 * DAY + 2, 'checkout'),
      order(2 * DAY + 3, 'o'),
    ],
    newest,
    versions,
  );
  expect(journeysOf(rows).map((row) => [row.day, row.definition_version, row.hit, row.any])).toEqual([
    ['2026-05-04', 1, 0b11, 0b01],
    ['2026-05-06', 2, 0b111, 0b111],
  ]);
});

it('a day on which nothing matches the stages in force has no journey', () => {
  const rows = build([event(0, 'product_view'), event(2 * DAY, 'visit')], newest, versions);
  expect(journeysOf(rows)).toEqual([]);
});

it('a funnel that a version leaves out has no journeys on its days', () => {
  const without = { ...old, funnels: BERLIN.funnels.slice(1) };
  const rows = build([event(0, 'visit'), event(2 * DAY, 'product_view')], newest, [
    { from: null, definition: without },
    { from: FROM, definition: newest },
  ]);
  expect(journeysOf(rows).map((row) => row.day)).toEqual([FROM]);
  expect(journeysOf(rows, 'session/ordered/604800000').map((row) => row.day)).toEqual(['2026-05-04', FROM]);
});

it('a session is under the version of its own day, though it goes on into another’s', () => {
  const session_id = 's';
  const rows = build(
    [
      event(DAY + 12 * 60 - 1, 'visit', { session_id }),
      event(DAY + 12 * 60 + 1, 'product_view', { session_id }),
      event(DAY + 12 * 60 + 2, 'visit', { session_id }),
    ],
    newest,
    versions,
  );
  expect(journeysOf(rows, 'session/ordered/604800000')).toMatchObject([
    { day: '2026-05-05', definition_version: 1, hit: 0b01, any: 0b01 },
  ]);
});

it('rows of one unit and funnel know each other, whatever versions made them', () => {
  const rows = build([event(0, 'visit'), event(2 * DAY, 'product_view'), event(3 * DAY, 'checkout')], newest, versions);
  expect(journeysOf(rows).map((row) => [row.day, row.counted_after, row.counted_before, row.any_after])).toEqual([
    ['2026-05-04', '1900-01-01', FROM, ['1900-01-01']],
    [FROM, '1900-01-01', '2299-12-31', ['2026-05-04']],
    ['2026-05-07', '1900-01-01', '2299-12-31', ['1900-01-01']],
  ]);
});

it('a cart keeps the thresholds of the version in force when it opened', () => {
  const patient = { ...newest, abandon_ms: 3 * HOUR_MS, idle_ms: 2 * HOUR_MS, recovery_ms: HOUR_MS };
  const rows = build(
    [
      event(2 * DAY - 1, 'add_to_cart', { ...items('A', 1, 5), cart_id: 'a', visitor_id: 'a' }),
      event(2 * DAY + 119, 'cart_view', { cart_id: 'a', visitor_id: 'a' }),
      event(DAY, 'add_to_cart', { ...items('A', 1, 5), cart_id: 'b', visitor_id: 'b' }),
      event(DAY + 120, 'cart_view', { cart_id: 'b', visitor_id: 'b' }),
    ],
    patient,
    [versions[0] ?? { from: null, definition: old }, { from: FROM, definition: patient }],
  );
  expect(
    cartsOf(rows).map((row) => [row.cart_id, row.definition_version, row.abandon_ms, row.idle_ms, row.recovery_ms]),
  ).toEqual([
    ['b', 1, HOUR_MS, HOUR_MS / 2, 168 * HOUR_MS],
    ['a', 2, 3 * HOUR_MS, 2 * HOUR_MS, HOUR_MS],
  ]);
  expect(cartsOf(rows).map((row) => [row.first_abandoned_at, row.last_abandoned_at, row.revived])).toEqual([
    [T0 + DAY * 60_000 + HOUR_MS, T0 + DAY * 60_000 + HOUR_MS, 1],
    [0, 0, 0],
  ]);
});

it('what a version says of the whole store holds only while it is the newest', () => {
  const tolerant = { ...old, tie_tolerance_ms: HOUR_MS, bots: { exclude: true, max_carts_per_day: 1 } };
  const add = (minutes: number, cart_id: string) => event(minutes, 'add_to_cart', { ...items('A', 1, 5), cart_id });
  // Under an hour's tolerance the order would stand behind the second cart's add.
  const rows = build([add(0, 'a'), order(1, 'o'), add(2, 'b'), add(3, 'c')], newest, [
    { from: null, definition: tolerant },
    { from: FROM, definition: newest },
  ]);
  expect(cartsOf(rows).map((row) => [row.cart_id, row.order_id, row.excluded])).toEqual([
    ['a', 'o', false],
    ['b', '', false],
    ['c', '', false],
  ]);
});

it('a version in force on no day changes nothing', () => {
  const never = { ...newest, version: 1, stages: ['friction'] };
  const events = [event(0, 'visit'), event(2 * DAY, 'product_view'), event(3 * DAY, 'friction')];
  const both = [
    { from: null, definition: never },
    { from: null, definition: newest },
  ];
  expect(build(events, newest, both)).toEqual(build(events, newest));
});
