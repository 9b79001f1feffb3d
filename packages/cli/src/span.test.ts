import { expect, test } from 'vitest';
import { printCount, printSpan } from './span.ts';

test('a span is told in the largest unit of which there are two', () => {
  expect([0, 95, 119, 120, 7_199, 7_200, 172_799, 172_800].map(printSpan)).toEqual([
    '0 s',
    '95 s',
    '119 s',
    '2 min',
    '120 min',
    '2 h',
    '48 h',
    '2 d',
  ]);
});

test('counts have groups', () => {
  expect(printCount(1_234_567)).toBe('1,234,567');
});
