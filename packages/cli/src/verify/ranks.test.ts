import { expect, test } from 'vitest';
import { countRank, createRank, isRight, rightOf } from './ranks.ts';

const rankOf = (reported: number | null, percent: 50 | 90, ...parts: number[][]) => {
  const rank = createRank(reported, percent);
  for (const part of parts) countRank(rank, part);
  return rank;
};

test('just the value at position ceil(p n) passes, however the values came in parts', () => {
  for (const [value, right] of [
    [1, false],
    [2, true],
    [2.5, false],
    [3, false],
  ] as const)
    expect(isRight(rankOf(value, 50, [4, 1], [], [3, 2]))).toBe(right);
  expect(isRight(rankOf(9, 90, [10, 9, 8, 7, 6], [5, 4, 3, 2, 1]))).toBe(true);
  expect(isRight(rankOf(10, 90, [10, 9, 8, 7, 6], [5, 4, 3, 2, 1]))).toBe(false);
  expect(isRight(rankOf(5, 50, [5, 5, 5], [5, 1]))).toBe(true);
});

test('null is right of no values and of nothing else', () => {
  expect(isRight(rankOf(null, 50))).toBe(true);
  expect(isRight(rankOf(0, 50))).toBe(false);
  expect(isRight(rankOf(null, 50, [1]))).toBe(false);
  expect(rightOf(rankOf(0, 50))).toMatch(/no values/);
  expect(rightOf(rankOf(3, 50, [1, 2, 3]))).toBe('value number 2 of 3, of which 2 are smaller and 3 not larger');
});
