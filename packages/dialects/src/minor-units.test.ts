import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toMinorUnits } from './minor-units.ts';

test.each<[string, number, number | null]>([
  ['35.79', 2, 3_579],
  ['1.005', 2, null],
  ['1.1', 2, 110],
  ['1.', 2, 100],
  ['007', 2, 700],
  ['0.00', 2, 0],
  ['19.00', 0, 19],
  ['19.50', 0, null],
  ['1.2345', 3, null],
  ['1.2340', 3, 1_234],
  ['9999999999.99', 2, 999_999_999_999],
  ['999999999999999999', 2, null],
  ['-1', 2, null],
  ['1e3', 2, null],
  ['.5', 2, null],
  ['1,5', 2, null],
  ['', 2, null],
  [' 1', 2, null],
])('%s with %i decimals', (decimal, exponent, minor) => {
  expect(toMinorUnits(decimal, exponent)).toBe(minor);
});

test('what is written with the currency’s decimals comes back to the unit', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e12 }), fc.integer({ min: 0, max: 4 }), (minor, exponent) => {
      const digits = String(minor).padStart(exponent + 1, '0');
      const whole = digits.slice(0, digits.length - exponent);
      expect(toMinorUnits(`${whole}.${digits.slice(digits.length - exponent)}`, exponent)).toBe(minor);
    }),
    { seed: 3, numRuns: 1_000 },
  );
});
