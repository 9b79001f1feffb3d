import { expect, test } from 'vitest';
import { formatDuration, formatMoney, formatRate } from './money.ts';

test('amounts are written with the decimals of their currency, exact at any size', () => {
  expect(formatMoney(123_456n, 'EUR')).toBe('1234.56 EUR');
  expect(formatMoney(-5n, 'EUR')).toBe('-0.05 EUR');
  expect(formatMoney(500, 'JPY')).toBe('500 JPY');
  expect(formatMoney(1_234_567n, 'KWD')).toBe('1234.567 KWD');
  expect(formatMoney(123_456_789_012_345_678_901n, 'USD')).toBe('1234567890123456789.01 USD');
  expect(formatMoney(null, 'USD')).toBe('-');
});

test('a rate without a denominator is no number', () => {
  expect(formatRate(null)).toBe('-');
  expect(formatRate(0.123456)).toBe('12.35 %');
});

test('durations are told in their two largest units, rounded to the smaller', () => {
  expect(formatDuration(950)).toBe('950 ms');
  expect(formatDuration(61_000)).toBe('1 min 1 s');
  expect(formatDuration(196_500)).toBe('3 min 17 s');
  expect(formatDuration(3_599_700)).toBe('1 h');
  expect(formatDuration(3_600_000)).toBe('1 h');
  expect(formatDuration(7 * 86_400_000)).toBe('7 d');
});
