import { expect, test } from 'vitest';
import { CURRENCIES, currencyExponent, isCurrency } from './currency.ts';

test.each([
  ['JPY', 0],
  ['KRW', 0],
  ['CLP', 0],
  ['EUR', 2],
  ['USD', 2],
  ['HUF', 2],
  ['IDR', 2],
  ['KWD', 3],
  ['IQD', 3],
  ['TND', 3],
  ['CLF', 4],
])('%s has %i decimals', (code, exponent) => {
  expect(currencyExponent(code)).toBe(exponent);
});

test('what is no currency with a minor unit has no exponent', () => {
  for (const code of ['XXX', 'XTS', 'XAU', 'eur', '', 'constructor', 'EURO']) {
    expect(currencyExponent(code)).toBeUndefined();
    expect(isCurrency(code)).toBe(false);
  }
});

test('every currency that this runtime knows can be used, but special drawing rights', () => {
  const noMoney = new Set(['XDR', 'XSU', 'XUA']);
  expect(Intl.supportedValuesOf('currency').filter((code) => !isCurrency(code) && !noMoney.has(code))).toEqual([]);
  expect(CURRENCIES.length).toBe(new Set(CURRENCIES).size);
});
