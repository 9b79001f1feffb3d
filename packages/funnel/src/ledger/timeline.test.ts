import { expect, it } from 'vitest';
import { DAY_MS, type Definition, MINUTE_MS } from '../definition.ts';
import type { Timeline } from '../reports/index.ts';
import { createCalendar } from './calendar.ts';
import type { KeptEvent } from './kept-event.ts';
import { BERLIN, DAY, event, items, order, T0 } from './test-story.ts';
import { buildTimeline } from './timeline.ts';

const timeline = (
  events: readonly KeptEvent[],
  of: Timeline['of'] = { visitor_id: 'v' },
  minutes = 0,
  definition: Definition = BERLIN,
) =>
  buildTimeline({ events, definition, days: createCalendar(definition.time_zone), asOf: T0 + minutes * MINUTE_MS }, of);

/** `what rule cart_key @minutes`, line by line. */
const told = ({ entries }: Timeline): string[] =>
  entries.map(
    ({ what, rule, cart_key, at }) => `${what} ${rule} ${cart_key ?? '-'} @${(Date.parse(at) - T0) / MINUTE_MS}`,
  );

const add = (minutes: number, fields = {}) => event(minutes, 'add_to_cart', { ...items('A', 2, 500), ...fields });

it('a cart bought a day later: opened, idle, abandoned, revived, recovered', () => {
  const lines = told(
    timeline([
      event(-1, 'visit'),
      add(0, { cart_id: 'c' }),
      event(DAY, 'cart_view', { cart_id: 'c' }),
      event(DAY + 5, 'checkout', { checkout_step: 'payment' }),
      order(DAY + 10, 'o', { cart_id: 'c' }),
      event(DAY + 11, 'cart_view', { cart_id: 'c' }),
    ]),
  );
  expect(lines).toEqual([
    'visit before_opening - @-1',
    'add_to_cart known_id c @0',
    'opened cart_opened c @0',
    'active cart_active c @0',
    'idle cart_idle c @30',
    'abandoned cart_abandoned c @60',
    'cart_view known_id c @1440',
    'revived cart_revived c @1440',
    'active cart_active c @1440',
    'checkout carried_id c @1445',
    'purchase order_delivery - @1450',
    'order order_joined_known_id c @1450',
    'stretch stretch_order - @1450',
    'recovered cart_recovered c @1450',
    'cart_view residue - @1451',
  ]);
});

it('what time alone brings is told up to T, and an emptied cart is never abandoned', () => {
  const cart = [add(0)];
  const states = (minutes: number) =>
    told(timeline(cart, undefined, minutes))
      .slice(3)
      .map((line) => line.split(' ')[0]);
  expect(states(29)).toEqual([]);
  expect(states(30)).toEqual(['idle']);
  expect(states(60)).toEqual(['idle', 'abandoned']);
  expect(states(60 + 7 * DAY - 1)).toEqual(['idle', 'abandoned']);
  expect(states(60 + 7 * DAY)).toEqual(['idle', 'abandoned', 'lost']);

  const emptied = told(timeline([add(0), event(1, 'cart_view', { items: [] })], undefined, 30 * DAY));
  expect(emptied.at(-1)).toMatch(/^emptied cart_emptied ~v:e\d+ @1$/);
});

it('an own cart becomes part of the cart of the id that its visitor then carries, and keeps its opening', () => {
  const lines = told(timeline([add(0), event(5, 'friction'), add(10, { cart_id: 'c' })], { cart_key: 'c' }));
  expect(lines).toEqual([
    'add_to_cart own_cart_merged c @0',
    'opened cart_opened c @0',
    'active cart_active c @0',
    'friction own_cart_merged c @5',
    'add_to_cart known_id c @10',
  ]);
});

it('changes that come to nothing say so', () => {
  const { entries } = timeline([
    event(0, 'cart_view', items('A', 1, 500)),
    event(0.02, 'add_to_cart', items('A', 1, 500)),
    event(5, 'remove_from_cart', items('B')),
  ]);
  const said = entries.filter(({ kind }) => kind === 'event').map(({ explanation }) => explanation);
  expect(said[1]).toContain('already in the snapshot');
  expect(said[2]).toContain('not all in the cart');
});

it('an id that is not known counts as none, until an add makes it known', () => {
  const { entries } = timeline([event(0, 'checkout', { cart_id: 'c' }), add(1, { cart_id: 'c' })]);
  expect(entries[0]).toMatchObject({ what: 'checkout', rule: 'before_opening', cart_key: null });
  expect(entries[0]?.explanation).toContain('cart id c is not known yet');
  expect(entries[1]?.explanation).toContain('makes cart id c known');
});

it('thirty days without a mark cut the stretch: the id is carried no more', () => {
  const lines = told(timeline([add(0, { cart_id: 'c' }), add(30 * DAY)], undefined, 30 * DAY));
  expect(lines.slice(6)).toEqual([
    `stretch stretch_gap - @${30 * DAY}`,
    expect.stringMatching(/^add_to_cart own_cart ~v:e\d+ @43200$/),
    expect.stringMatching(/^opened cart_opened ~v:e\d+ @43200$/),
    expect.stringMatching(/^active cart_active ~v:e\d+ @43200$/),
  ]);
});

it('after its order a cart takes no more events, and the next add opens the next cart of the id', () => {
  const { entries } = timeline([
    add(0, { cart_id: 'c' }),
    order(1, 'o', { cart_id: 'c' }),
    event(60, 'friction', { cart_id: 'c' }),
    add(61, { cart_id: 'c' }),
  ]);
  const events = entries.filter(({ kind }) => kind === 'event');
  expect(events.map(({ rule, cart_key }) => [rule, cart_key])).toEqual([
    ['known_id', 'c'],
    ['order_delivery', null],
    ['after_closing', null],
    ['known_id', 'c#2'],
  ]);
});

it('a purchase of something else while a cart stands says why it joined none, in the cart’s timeline too', () => {
  const events = [add(0, { cart_id: 'c' }), order(5, 'o', items('B', 1, 100))];
  for (const of of [{ visitor_id: 'v' }, { cart_key: 'c' }]) {
    const { entries } = timeline(events, of);
    const told = entries.find(({ kind }) => kind === 'order');
    expect(told).toMatchObject({ id: 'o', rule: 'no_common_product', cart_key: null });
    expect(told?.explanation).toContain('Total 1.00 EUR');
    expect(told?.explanation).toContain('The open cart was c.');
  }
});

it('an order stands behind what came within the tolerance of it', () => {
  const late = { ...add(0.01, { cart_id: 'c' }) };
  const lines = told(timeline([order(0, 'o'), late]));
  expect(lines).toEqual([
    'purchase order_delivery - @0',
    'add_to_cart known_id c @0.01',
    'opened cart_opened c @0.01',
    'active cart_active c @0.01',
    'order order_joined_carried_id c @0',
    'stretch stretch_order - @0',
    'purchased cart_purchased c @0',
  ]);
});

it('refunds stand on their own day with what is odd about them, and amounts are in the currency’s own units', () => {
  const refund = (minutes: number, refund_id: string, fields = {}) =>
    event(minutes, 'refund', { order_id: 'o', refund_id, amounts: { total: 60 }, source: 'server', ...fields });
  const { entries } = timeline([
    order(0, 'o', { amounts: { total: 100 }, currency: 'KWD' }),
    refund(1, 'r1', { currency: 'KWD' }),
    refund(2, 'r2', { currency: 'KWD' }),
    refund(3, 'r3', { currency: 'JPY' }),
    refund(4, 'r4', { source: 'browser' }),
  ]);
  const refunds = entries.filter(({ kind }) => kind === 'refund');
  expect(refunds.map(({ id, rule }) => [id, rule])).toEqual([
    ['r1', 'refund_counted'],
    ['r2', 'refund_more_than_order'],
    ['r3', 'refund_other_currency'],
  ]);
  expect(refunds[0]?.explanation).toContain('0.060 KWD');
  expect(refunds[2]?.explanation).toContain('60 JPY');
  expect(entries.at(-1)).toMatchObject({ what: 'refund', rule: 'browser_refund' });
});

it('a bot is told to be one, its cart to be in no report, and an order that joined it why it has none', () => {
  const bot = { device: { user_agent: 'Googlebot/2.1 (+http://www.google.com/bot.html)' } };
  const events = [add(0, { cart_id: 'c', ...bot }), order(1, 'o', { visitor_id: 'w', cart_id: 'c' })];
  const { entries } = timeline(events);
  expect(entries[0]).toMatchObject({ what: 'bot', rule: 'bot_user_agent' });
  expect(entries.find(({ what }) => what === 'opened')?.explanation).toContain('in no report');
  expect(entries.find(({ kind }) => kind === 'order')).toMatchObject({ rule: 'cart_excluded', cart_key: 'c' });
});

it('T is never before the last event, and whom nothing is known of has no entries', () => {
  const events = [add(0), event(90, 'visit')];
  expect(timeline(events, undefined, 0).as_of).toBe(new Date(T0 + 90 * MINUTE_MS).toISOString());
  expect(timeline(events, { visitor_id: 'nobody' }, DAY)).toEqual({
    store_id: 's',
    of: { visitor_id: 'nobody' },
    timezone: 'Europe/Berlin',
    as_of: new Date(T0 + DAY_MS).toISOString(),
    entries: [],
  });
  expect(timeline(events, { cart_key: 'nothing' }).entries).toEqual([]);
});
