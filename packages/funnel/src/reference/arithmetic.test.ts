import { describe, expect, it } from 'vitest';
import { tell } from '../testing/both-engines.ts';
import { divideHalfEven, quantile, rate } from './arithmetic.ts';
import { isRejected } from './reject.ts';
import { add, buy, deliveriesOf, euros, line, type Told, tell as tellReference } from './scenario.ts';

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

  it('an amount or a line above 10^12 is rejected', () => {
    const trillion = 10 ** 12;
    const rejected = (told: Told) => deliveriesOf([told]).map(isRejected)[0];
    expect(rejected(buy(0, 'o1', { amounts: { total: trillion } }))).toBe(false);
    expect(rejected(buy(0, 'o1', { amounts: { total: trillion + 1 } }))).toBe(true);
    expect(rejected(add(0, { items: [line('A', trillion / 10, 10)] }))).toBe(false);
    expect(rejected(add(0, { items: [line('A', trillion / 10, 11)] }))).toBe(true);
  });

  it('sums are exact beyond what a float holds', () => {
    const trillion = 10 ** 12;
    // 500 lines of 10^12, twice, and 1.
    const items = Array.from({ length: 500 }, (_, i) => line(`A${i}`, trillion));
    const story = [
      ...Array.from({ length: 20 }, (_, i) => add(i, { cart_id: `c${i}`, items })),
      add(50, { items: [line('B', 1)] }),
    ];
    // The fold of ledgers in tests adds up in floats; SQL has Int128.
    expect(euros(tellReference(story)).carts.value).toBe(10_000_000_000_000_001n);
  });

  it('lists go by value added up over currencies, then by id; points in their own order', () => {
    const left = (visitor_id: string, product: string, value: number, currency: string, step?: 'start'): Told[] => [
      add(0, { visitor_id, currency, items: [line(product, value)] }),
      ...(step === undefined ? [] : [{ type: 'checkout', at: 1, visitor_id, checkout_step: step } as const]),
    ];
    const { products, points } = tell([
      ...left('a', 'B', 5, 'EUR'),
      ...left('b', 'B', 5, 'USD'),
      ...left('c', 'A', 10, 'EUR', 'start'),
      ...left('d', 'C', 11, 'EUR'),
    ]).abandonment;
    expect(products.map((product) => product.product_id)).toEqual(['C', 'A', 'B']);
    expect(points.map((point) => point.stage)).toEqual(['cart', 'checkout.start']);
  });
});
