import { expect, test } from 'vitest';
import { REJECT_CODES, REJECT_DOCS, rejection, toRejectCode } from './reject.ts';

test('the list of codes is closed, documented, and holds those found around the parser', () => {
  expect(REJECT_CODES).toEqual(
    expect.arrayContaining(['malformed_json', 'too_large', 'unknown_store', 'wrong_store', 'store_refused']),
  );
  for (const code of REJECT_CODES) {
    expect(code).toMatch(/^[a-z0-9_]+$/);
    expect(REJECT_DOCS[code], code).toMatch(/.; .{9,}/);
  }
  expect(toRejectCode('too_old')).toBe('too_old');
  expect(() => toRejectCode('constructor')).toThrow('no reject code');
});

test('a message names the field, shows the value shortened, and says what to do', () => {
  expect(rejection('bad_currency', 'currency', 'x'.repeat(100)).message).toBe(
    `currency ("${'x'.repeat(40)}…") is no ISO 4217 currency in capital letters; send one such as EUR`,
  );
  expect(rejection('wrong_type', 'page', [1, 2]).message).toContain('page (a list of 2)');
  expect(rejection('malformed_json', '').message).toContain('the event is not JSON');
});

test('a message is well-formed text whatever the value', () => {
  for (const value of [`${'a'.repeat(39)}😀`, '\ud83d', 12n, Symbol('x'), Number.NaN, null]) {
    expect(rejection('bad_value', 'kind', value).message.isWellFormed()).toBe(true);
  }
});

test('a message never shows a customer', () => {
  expect(rejection('too_long', 'customer_id', 'Jo Example').message).not.toContain('Jo');
  expect(rejection('email_as_id', 'customer_id', 'jo@example.com').message).not.toContain('jo@');
});
