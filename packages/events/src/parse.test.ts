import { describe, expect, test } from 'vitest';
import { MAX_PROPERTIES_BYTES } from './limits.ts';
import { parseEvent } from './parse.ts';
import { parseEventZod } from './parse-zod.ts';
import type { ParseContext } from './parsed.ts';
import type { RejectCode } from './reject.ts';

const NOW = Date.UTC(2026, 5, 1, 12);
const CONTEXT: ParseContext = { received_at: NOW, maxAgeDays: 400 };
const DAY_MS = 86_400_000;

const visit = { event_id: 'e-1', store_id: 'shop', type: 'visit', occurred_at: NOW - 1_000, visitor_id: 'v-1' };
const line = { product_id: 'p-1', quantity: 2, unit_price: 1_250 };
const add = { ...visit, type: 'add_to_cart', currency: 'EUR', items: [line] };
const purchase = { ...visit, type: 'purchase', currency: 'EUR', order_id: 'o-1', amounts: { total: 2_500 } };
const refund = { ...purchase, type: 'refund', refund_id: 'r-1' };

const both = (input: unknown, context = CONTEXT) => {
  const fast = parseEvent(input, context);
  expect(fast).toStrictEqual(parseEventZod(input, context));
  return fast;
};
const accepted = (input: unknown, context = CONTEXT) => {
  const parsed = both(input, context);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed;
};
const refused = (input: unknown, context = CONTEXT): [RejectCode | 'accepted', string] => {
  const parsed = both(input, context);
  return parsed.ok ? ['accepted', ''] : [parsed.code, parsed.field];
};

describe('an event that is taken', () => {
  test('comes out as sent, with times in ms', () => {
    const sent = { ...add, occurred_at: '2026-06-01T13:59:59.000+02:00', properties: { plan: ['a', { b: null }] } };
    expect(accepted(sent)).toStrictEqual({
      ok: true,
      event: { ...sent, occurred_at: NOW - 1_000 },
      junk: [],
    });
  });

  test('loses fields that nothing here knows, on every level but in properties', () => {
    const known = { ...add, page: { path: '/' }, properties: { anything: 1 } };
    const unknown = {
      ...known,
      brand_new: 1,
      received_at: 5,
      items: [{ ...line, colour: 'red' }],
      page: { path: '/', x: 1 },
    };
    expect(accepted(unknown).event).toStrictEqual(known);
  });

  test('takes JSON null in an optional field as absent', () => {
    const nulls = { session_id: null, items: null, amounts: { total: null }, page: { url: null }, properties: null };
    expect(accepted({ ...visit, ...nulls }).event).toStrictEqual({ ...visit, amounts: {}, page: {} });
  });

  test('loses junk in optional ids, and says which', () => {
    const junk = {
      session_id: 'undefined',
      customer_id: ' ',
      cart_id: '[object Object]',
      order_id: '-',
      refund_id: '0',
    };
    expect(accepted({ ...add, ...junk, items: [line, { ...line, variant_id: 'NaN' }] })).toStrictEqual({
      ok: true,
      event: { ...add, items: [line, line] },
      junk: ['session_id', 'customer_id', 'cart_id', 'order_id', 'refund_id', 'items[1].variant_id'],
    });
  });

  test('may be an add that empties the cart by a snapshot', () => {
    accepted({ ...add, items: [], cart_snapshot: true });
  });

  test('may be a refund without id when a browser says it', () => {
    accepted({ ...refund, refund_id: undefined, source: 'browser' });
  });

  test('may be of any age when imported, back to 2015', () => {
    accepted({ ...visit, occurred_at: '2015-01-01T00:00:00Z' }, { received_at: NOW, maxAgeDays: null });
  });

  test('may have a clock decades wrong when sent_at tells by how much', () => {
    const parsed = accepted({ ...visit, occurred_at: '2045-01-01T00:00:00Z', sent_at: '2045-01-01T00:00:05Z' });
    expect(parsed.event.occurred_at).toBe(Date.UTC(2045, 0, 1));
  });

  test('keeps prototype names in its properties and falls for none elsewhere', () => {
    const hostile: unknown = JSON.parse(
      `{"event_id":"e","store_id":"s","type":"visit","occurred_at":${NOW},"visitor_id":"constructor","__proto__":{"cart_id":"x"},"properties":{"__proto__":{"a":1}}}`,
    );
    const parsed = accepted(hostile);
    expect(parsed.event.cart_id).toBeUndefined();
    expect(JSON.stringify(parsed.event.properties)).toBe('{"__proto__":{"a":1}}');
  });
});

const PROPERTIES_AT_THE_LIMIT = { a: 'x'.repeat(MAX_PROPERTIES_BYTES - '{"a":""}'.length) };
const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });

describe('an event that is refused names the code and the field', () => {
  test.each<[string, unknown, RejectCode, string]>([
    ['a list', [], 'not_an_object', ''],
    ['a missing id', { ...visit, event_id: undefined }, 'missing_field', 'event_id'],
    ['a number as an id', { ...visit, visitor_id: 12 }, 'wrong_type', 'visitor_id'],
    ['an id of another alphabet', { ...visit, event_id: 'é' }, 'bad_id', 'event_id'],
    ['capitals in the store', { ...visit, store_id: 'Shop' }, 'bad_id', 'store_id'],
    ['a junk visitor', { ...visit, visitor_id: 'undefined' }, 'bad_id', 'visitor_id'],
    ['a blank visitor', { ...visit, visitor_id: '\u00a0 ' }, 'bad_id', 'visitor_id'],
    ['a junk event id of the right alphabet', { ...visit, event_id: '0' }, 'bad_id', 'event_id'],
    ['a control character in an id', { ...visit, session_id: 'a\u001fb' }, 'bad_id', 'session_id'],
    ['half a surrogate pair in an id', { ...visit, visitor_id: 'a\ud83d' }, 'bad_text', 'visitor_id'],
    ['half a surrogate pair in a text', { ...visit, page: { title: '\udc00' } }, 'bad_text', 'page.title'],
    ['half a surrogate pair in a key', { ...visit, properties: { '\udc00': 1 } }, 'bad_text', 'properties'],
    ['an overlong id', { ...visit, cart_id: 'x'.repeat(129) }, 'too_long', 'cart_id'],
    ['an overlong event id', { ...visit, event_id: 'x'.repeat(65) }, 'too_long', 'event_id'],
    ['an e-mail address', { ...visit, customer_id: 'jo@example.com' }, 'email_as_id', 'customer_id'],
    ['an escaped e-mail address', { ...visit, customer_id: 'jo%40example.com' }, 'email_as_id', 'customer_id'],
    ['a type of its own', { ...visit, type: 'order' }, 'unknown_type', 'type'],
    ['an unnamed custom type', { ...visit, type: 'custom:' }, 'unknown_type', 'type'],
    ['a prototype name as a type', { ...visit, type: 'constructor' }, 'unknown_type', 'type'],
    ['a date without a zone', { ...visit, occurred_at: '2026-06-01T12:00:00' }, 'bad_time', 'occurred_at'],
    ['30 February', { ...visit, occurred_at: '2026-02-30T12:00:00Z' }, 'bad_time', 'occurred_at'],
    ['half a millisecond', { ...visit, sent_at: NOW + 0.5 }, 'bad_time', 'sent_at'],
    ['the time before 2015', { ...visit, occurred_at: '2014-12-31T23:59:59.999Z' }, 'before_2015', 'occurred_at'],
    ['tomorrow and a bit', { ...visit, occurred_at: NOW + DAY_MS + 1 }, 'too_far_ahead', 'occurred_at'],
    ['more than 400 days ago', { ...visit, occurred_at: NOW - 400 * DAY_MS - 1 }, 'too_old', 'occurred_at'],
    [
      'tomorrow and a bit once corrected',
      { ...visit, occurred_at: NOW + 1, sent_at: NOW - DAY_MS - 1 },
      'too_far_ahead',
      'occurred_at',
    ],
    ['money without a currency', { ...add, currency: undefined }, 'missing_currency', 'currency'],
    ['a zero amount without a currency', { ...visit, amounts: { tax: 0 } }, 'missing_currency', 'currency'],
    ['a currency that is none', { ...add, currency: 'EURO' }, 'bad_currency', 'currency'],
    ['a currency in small letters', { ...add, currency: 'eur' }, 'bad_currency', 'currency'],
    ['a float as money', { ...purchase, amounts: { total: 12.5 } }, 'bad_money', 'amounts.total'],
    ['money as a string', { ...purchase, amounts: { total: '12.50' } }, 'bad_money', 'amounts.total'],
    ['negative money', { ...purchase, amounts: { total: 1, discount: -1 } }, 'bad_money', 'amounts.discount'],
    ['money over 10^12', { ...purchase, amounts: { total: 1e12 + 1 } }, 'bad_money', 'amounts.total'],
    ['money that is not a number', { ...purchase, amounts: { total: Number.NaN } }, 'bad_money', 'amounts.total'],
    [
      'a line value over 10^12',
      { ...add, items: [line, { ...line, quantity: 2, unit_price: 1e12 }] },
      'line_too_large',
      'items[1].unit_price',
    ],
    ['a quantity of 0', { ...add, items: [{ ...line, quantity: 0 }] }, 'bad_quantity', 'items[0].quantity'],
    ['half an item', { ...add, items: [{ ...line, quantity: 0.5 }] }, 'bad_quantity', 'items[0].quantity'],
    ['an item without a product', { ...add, items: [{ quantity: 1 }] }, 'missing_field', 'items[0].product_id'],
    ['a junk product', { ...add, items: [{ ...line, product_id: 'null' }] }, 'bad_id', 'items[0].product_id'],
    ['an item that is none', { ...add, items: [null] }, 'wrong_type', 'items[0]'],
    ['501 items', { ...add, items: Array.from({ length: 501 }, () => line) }, 'too_many_items', 'items'],
    ['an add without items', { ...add, items: undefined }, 'missing_field', 'items'],
    ['an add of nothing', { ...add, items: [] }, 'no_items', 'items'],
    ['a remove of nothing', { ...add, type: 'remove_from_cart', items: [] }, 'no_items', 'items'],
    ['a snapshot elsewhere', { ...visit, cart_snapshot: true }, 'misplaced_snapshot', 'cart_snapshot'],
    ['a purchase without order', { ...purchase, order_id: undefined }, 'missing_field', 'order_id'],
    ['a purchase of a junk order', { ...purchase, order_id: 'null' }, 'bad_id', 'order_id'],
    ['a purchase without total', { ...purchase, amounts: { items: 1 } }, 'missing_field', 'amounts.total'],
    ['a refund of nothing', { ...refund, amounts: { total: 0 } }, 'zero_refund', 'amounts.total'],
    ['a refund without id', { ...refund, refund_id: undefined }, 'missing_field', 'refund_id'],
    ['a refund of a junk id', { ...refund, refund_id: '-' }, 'bad_id', 'refund_id'],
    ['a kind of its own', { ...refund, kind: 'partial' }, 'bad_value', 'kind'],
    ['an empty channel', { ...purchase, channel: '' }, 'bad_value', 'channel'],
    ['friction without a code', { ...visit, type: 'friction', friction: {} }, 'missing_field', 'friction.code'],
    ['friction without friction', { ...visit, type: 'friction' }, 'missing_field', 'friction'],
    ['properties that are a list', { ...visit, properties: [] }, 'wrong_type', 'properties'],
    [
      'properties over 8 KiB',
      { ...visit, properties: { ...PROPERTIES_AT_THE_LIMIT, b: 1 } },
      'properties_too_large',
      'properties',
    ],
    ['properties too deep', { ...visit, properties: { a: nested(32) } }, 'bad_properties', 'properties'],
  ])('%s', (_, input, code, field) => {
    expect(refused(input)).toStrictEqual([code, field]);
  });

  test('properties of just 8 KiB and of 32 levels are taken', () => {
    accepted({ ...visit, properties: PROPERTIES_AT_THE_LIMIT });
    accepted({ ...visit, properties: nested(32) });
  });

  test('brackets nested as deep as an event can carry overflow no stack', () => {
    const deep: unknown = JSON.parse(`{"a":${'['.repeat(32_000)}${']'.repeat(32_000)}}`);
    expect(refused({ ...visit, properties: deep })).toStrictEqual(['bad_properties', 'properties']);
  });

  test('and a message that shows no e-mail address and no long value', () => {
    const email = both({ ...visit, customer_id: 'jo@example.com' });
    expect(email.ok ? '' : email.message).toBe(
      'customer_id is an e-mail address; send an opaque id (your own number or a keyed hash of it)',
    );
    const long = both({ ...visit, cart_id: 'x'.repeat(10_000) });
    expect(long.ok ? '' : long.message.length).toBeLessThan(300);
    const money = both({ ...purchase, amounts: { total: 12.5 } });
    expect(money.ok ? '' : money.message).toContain('amounts.total (12.5) is no amount; send a whole number');
  });
});
