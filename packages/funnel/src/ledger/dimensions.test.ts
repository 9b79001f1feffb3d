import { expect, it } from 'vitest';
import { BERLIN, build, DAY, event, items, journeysOf, order } from './test-story.ts';

const definition = { ...BERLIN, breakdown_properties: ['plan', 'n', 'flag', 'list', 'constructor'] };
const dimensions = (...events: ReturnType<typeof event>[]) =>
  journeysOf(build(events, definition)).map((row) => row.dimensions.map(({ name, value }) => `${name}=${value}`));

it('a chain is broken down by what the event it starts at says, in order of name and value, each once', () => {
  const shoe = { product_id: 'B', quantity: 1, category: 'shoes' };
  expect(
    dimensions(
      event(0, 'visit', {
        campaign: { source: 'google', name: 'spring' },
        device: { type: 'mobile', country: 'DE' },
        items: [shoe, { ...shoe, product_id: 'A' }, shoe],
        properties: { plan: 'gold', n: -1.5, flag: false, other: 'x' },
      }),
      event(1, 'product_view', { campaign: { source: 'mail' } }),
    ),
  ).toEqual([
    [
      'campaign=spring',
      'category=shoes',
      'country=DE',
      'device=mobile',
      'product=A',
      'product=B',
      'property:flag=false',
      'property:n=-1.5',
      'property:plan=gold',
      'source=google',
      'visitor=new',
    ],
  ]);
});

it('what is empty, absent or neither string, number nor boolean is no value', () => {
  const empty = { campaign: { source: '' }, device: {}, properties: { plan: '', list: ['x'], flag: null } };
  expect(dimensions(event(0, 'visit', empty))).toEqual([['visitor=new']]);
});

it('values are cut to 128 characters, and never through the middle of one', () => {
  const [row] = journeysOf(build([event(0, 'visit', { campaign: { name: '\u{1F6D2}'.repeat(130) } })]));
  expect(row?.dimensions[0]).toEqual({ name: 'campaign', value: '\u{1F6D2}'.repeat(128) });
});

it('a visitor is new in the session of his first event, and returning in every later one', () => {
  const [first, sameSession, later] = dimensions(
    event(-14 * 60, 'friction', { session_id: 'a' }),
    event(0, 'visit', { session_id: 'a' }),
    event(DAY, 'visit', { session_id: 'a' }),
    event(2 * DAY, 'visit', { session_id: 'b' }),
  );
  expect([first, sameSession, later]).toEqual([['visitor=new'], ['visitor=new'], ['visitor=returning']]);
});

it('a chain that starts with an order takes the values of the delivery that won, and of its session new or returning', () => {
  const ordered = { ...definition, stages: ['purchase', 'visit'] };
  const [row] = journeysOf(
    build(
      [
        event(0, 'visit', { session_id: 'a' }),
        order(DAY, 'o', { session_id: 'b', device: { type: 'mobile' } }),
        order(DAY, 'o', { source: 'webhook', visitor_id: 'hook', device: { type: 'server' }, ...items('A', 1, 100) }),
      ],
      ordered,
    ).filter((row) => row.kind === 'journey' && row.hit > 0 && row.visitor_id === 'v'),
  );
  expect(row?.dimensions).toEqual([
    { name: 'device', value: 'server' },
    { name: 'product', value: 'A' },
    { name: 'visitor', value: 'returning' },
  ]);
});

it('a row without a start has no values', () => {
  expect(dimensions(event(0, 'product_view', { device: { type: 'mobile' } }))).toEqual([[]]);
});

it('properties are those that the version of the day allows', () => {
  const old = { ...BERLIN, version: 1, breakdown_properties: ['plan'] };
  const newest = { ...BERLIN, version: 2, breakdown_properties: ['n'] };
  const properties = { plan: 'gold', n: 1 };
  const rows = build([event(0, 'visit', { properties }), event(DAY, 'visit', { properties })], newest, [
    { from: null, definition: old },
    { from: '2026-05-05', definition: newest },
  ]);
  expect(journeysOf(rows).map((row) => row.dimensions[0])).toEqual([
    { name: 'property:plan', value: 'gold' },
    { name: 'property:n', value: '1' },
  ]);
});
