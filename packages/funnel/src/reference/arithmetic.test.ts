import { describe, expect, it } from 'vitest';
import { divideHalfEven, quantile, rate } from './arithmetic.ts';

describe('arithmetic', () => {
  it('rounds halves to the even neighbour, below zero too', () => {
    expect([1n, 3n, 5n, -1n, -3n, -5n].map((n) => divideHalfEven(n, 2n))).toEqual([0n, 2n, 2n, 0n, -2n, -2n]);
    expect([divideHalfEven(2n, 3n), divideHalfEven(-2n, 3n), divideHalfEven(1n, 3n), divideHalfEven(-1n, 3n)]).toEqual([
      1n,
      -1n,
      0n,
      0n,
    ]);
  });

  it('rates have six decimals, half-even, and none over nothing', () => {
    expect([rate(1, 3), rate(2, 3), rate(1, 2_000_000), rate(3, 2_000_000), rate(0, 5), rate(0, 0)]).toEqual([
      0.333333,
      0.666667,
      0,
      0.000002,
      0,
      null,
    ]);
  });

  it('a quantile is the sorted value at position ceil(p x n)', () => {
    const ten = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1];
    expect([
      quantile(ten, 50),
      quantile(ten, 90),
      quantile([3, 1, 2], 50),
      quantile([7], 90),
      quantile([], 50),
    ]).toEqual([5, 9, 2, 7, null]);
  });
});
