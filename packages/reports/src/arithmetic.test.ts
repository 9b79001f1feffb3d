import { expect, test } from 'vitest';
import { divideHalfEven, rate } from './arithmetic.ts';

test('halves go to the even neighbour, of either sign', () => {
  expect([1n, 3n, 5n, -1n, -3n, -5n].map((n) => divideHalfEven(n, 2n))).toEqual([0n, 2n, 2n, -0n, -2n, -2n]);
  expect(divideHalfEven(7n, 3n)).toBe(2n);
  expect(divideHalfEven(8n, 3n)).toBe(3n);
});

test('a rate has six decimals, and is null without a denominator', () => {
  expect(rate(1, 3)).toBe(0.333333);
  expect(rate(2, 3)).toBe(0.666667);
  expect(rate(1, 2_000_000)).toBe(0);
  expect(rate(3, 2_000_000)).toBe(0.000002);
  expect(rate(5, 0)).toBeNull();
});
