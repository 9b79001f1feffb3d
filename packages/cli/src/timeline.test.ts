import type { Timeline } from '@cartledger/funnel';
import { expect, test } from 'vitest';
import { timelineCsv, timelineText } from './timeline.ts';

const TIMELINE: Timeline = {
  store_id: 'shop',
  of: { cart_key: 'c-17' },
  timezone: 'Europe/Berlin',
  as_of: '2026-11-22T10:00:00.000Z',
  entries: [
    {
      at: '2026-11-21T23:30:00.005Z',
      kind: 'event',
      what: 'add_to_cart',
      id: 'e1',
      visitor_id: 'v1',
      cart_key: 'c-17',
      rule: 'opened',
      explanation: 'Two of mug at 12.90 EUR are put in; the key had no open cart, so this one opens.',
    },
    {
      at: '2026-11-22T00:30:00.005Z',
      kind: 'state',
      what: 'abandoned',
      id: '',
      visitor_id: 'v1',
      cart_key: 'c-17',
      rule: 'abandoned_after',
      explanation: 'One hour without activity.',
    },
    {
      at: '2026-11-22T09:00:00.000Z',
      kind: 'order',
      what: 'order',
      id: 'o-1',
      visitor_id: 'v2',
      cart_key: null,
      rule: 'no_common_product',
      explanation: 'Lists nothing of the cart.',
    },
  ],
};

test('a timeline reads line by line: local time, what, cart, and under it why', () => {
  expect(timelineText(TIMELINE, 80).split('\n')).toEqual([
    'Cart c-17, times of Europe/Berlin, as of 2026-11-22T10:00:00.000Z',
    '',
    '                         visitor v1',
    '',
    '2026-11-22 00:30:00.005  add_to_cart e1',
    '                         Two of mug at 12.90 EUR are put in; the key had no open',
    '                         cart, so this one opens. (opened)',
    '',
    '2026-11-22 01:30:00.005  -> abandoned',
    '                         One hour without activity. (abandoned_after)',
    '',
    '                         visitor v2',
    '',
    '2026-11-22 10:00:00.000  order o-1',
    '                         Lists nothing of the cart. (no_common_product)',
  ]);
});

test('the carts of a visitor are told apart', () => {
  const text = timelineText({ ...TIMELINE, of: { visitor_id: 'v1' } }, 80);
  expect(text).toContain('add_to_cart e1  [cart c-17]');
  expect(text).not.toContain('visitor v1');
});

test('a timeline as CSV has every field', () => {
  expect(timelineCsv(TIMELINE).split('\n').slice(0, 2)).toEqual([
    'at,kind,what,id,visitor_id,cart_key,rule,explanation',
    '2026-11-21T23:30:00.005Z,event,add_to_cart,e1,v1,c-17,opened,"Two of mug at 12.90 EUR are put in; the key had no open cart, so this one opens."',
  ]);
});
