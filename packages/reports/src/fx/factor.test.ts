import { expect, test } from 'vitest';
import { divideHalfEven } from '../arithmetic.ts';
import { factorOf, type Rate } from './factor.ts';

const turn = (amount: bigint, currency: string, target: string, rates: readonly Rate[]): bigint | null => {
  const factor = factorOf(currency, target, rates);
  return factor && divideHalfEven(amount * factor.numerator, factor.denominator);
};
const rate = (currency: string, base: string, of: string): Rate => ({ currency, base, rate: of });

test('the exponents of currencies of 0, 2 and 3 decimals are applied', () => {
  const rates = [rate('JPY', 'EUR', '0.0061'), rate('KWD', 'EUR', '3.01')];
  // 1,000 yen are 6.10 euros; 1.500 dinars are 4.515 euros, half-even 4.52 (451.5 to the even cent 452).
  expect(turn(1_000n, 'JPY', 'EUR', rates)).toBe(610n);
  expect(turn(1_500n, 'KWD', 'EUR', rates)).toBe(452n);
  // 6.10 euros are 1,000 yen by the same rate; 10.00 euros are 3.322 dinars.
  expect(turn(610n, 'EUR', 'JPY', rates)).toBe(1_000n);
  expect(turn(1_000n, 'EUR', 'KWD', rates)).toBe(3_322n);
});

test('a row of the two currencies goes before any base, and bases in byte order', () => {
  const rates = [rate('USD', 'GBP', '0.5'), rate('EUR', 'GBP', '1'), rate('USD', 'CHF', '3'), rate('EUR', 'CHF', '1')];
  expect(turn(100n, 'USD', 'EUR', rates)).toBe(300n);
  expect(turn(100n, 'USD', 'EUR', [...rates, rate('USD', 'EUR', '0.9')])).toBe(90n);
});

test('rates through a base are one fraction, rounded once', () => {
  // 1 USD = 1/3 GBP and 1 EUR = 2/3 GBP, as far as 18 places tell: exactly half.
  const rates = [rate('USD', 'GBP', '0.333333333333333333'), rate('EUR', 'GBP', '0.666666666666666666')];
  expect(turn(1n, 'USD', 'EUR', rates)).toBe(0n);
  expect(turn(3n, 'USD', 'EUR', rates)).toBe(2n);
  expect(turn(-3n, 'USD', 'EUR', rates)).toBe(-2n);
});

test('without a common base there is no rate', () => {
  expect(factorOf('USD', 'EUR', [])).toBeNull();
  expect(factorOf('USD', 'EUR', [rate('USD', 'GBP', '1'), rate('EUR', 'CHF', '1')])).toBeNull();
});
