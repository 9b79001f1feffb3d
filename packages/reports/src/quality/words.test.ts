import { expect, test } from 'vitest';
import { counted, duration, number, percent, shareOfThe } from './words.ts';

test('numbers are grouped by thousands', () => {
  expect([0, 999, 1_000, 1_234_567].map(number)).toEqual(['0', '999', '1,000', '1,234,567']);
});

test('a share has one decimal, and is 0 or 100 only when it is', () => {
  expect(percent(12, 388)).toBe('3.1 %');
  expect(percent(1, 2)).toBe('50 %');
  expect(percent(1, 10_000)).toBe('under 0.1 %');
  expect(percent(9_999, 10_000)).toBe('99.9 %');
  expect(percent(0, 7)).toBe('0 %');
  expect(percent(7, 7)).toBe('100 %');
  expect(percent(5, 2)).toBe('250 %');
});

test('a sentence begins with one, some or all', () => {
  expect(shareOfThe(12, 388, 'order')).toBe('3.1 % of the orders (12 of 388)');
  expect(shareOfThe(1, 5_000, 'delivery', 'deliveries')).toBe('Under 0.1 % of the deliveries (1 of 5,000)');
  expect(shareOfThe(3, 3, 'cart')).toBe('All 3 carts');
  expect(shareOfThe(1, 1, 'cart')).toBe('The only cart');
  expect([counted(1, 'order'), counted(2, 'order'), counted(0, 'delivery', 'deliveries')]).toEqual([
    '1 order',
    '2 orders',
    '0 deliveries',
  ]);
});

test('a duration is told in its largest unit', () => {
  expect([2_001, 60_000, 7_199_999, 86_400_000 * 3].map(duration)).toEqual([
    '2 seconds',
    '1 minute',
    '1 hour',
    '3 days',
  ]);
});
