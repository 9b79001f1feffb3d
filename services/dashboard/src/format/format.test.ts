import { describe, expect, test } from 'vitest';
import { formatDuration } from './duration.ts';
import { exponentOf, formatChange, formatMoney, formatMoneyBrief, formatMoneyShort } from './money.ts';
import { formatCompact, formatCount, formatRate, ratio } from './number.ts';
import { formatAsOf, formatPeriod } from './when.ts';

describe('money', () => {
  test("follows the currency's own exponent", () => {
    expect([exponentOf('EUR'), exponentOf('JPY'), exponentOf('KWD')]).toEqual([2, 0, 3]);
    expect(formatMoney(123_456, 'EUR')).toBe('€1,234.56');
    expect(formatMoney(1_500, 'JPY')).toBe('JP¥1,500');
    expect(formatMoney(1_234_567, 'KWD')).toBe('KWD\u00a01,234.567');
    expect(formatMoney(5, 'EUR')).toBe('€0.05');
    expect(formatMoney(0, 'EUR')).toBe('€0.00');
  });

  test('shows large amounts to the last minor unit', () => {
    expect(formatMoney(Number.MAX_SAFE_INTEGER, 'EUR')).toBe('€90,071,992,547,409.91');
    expect(formatMoney(-100_000_000_000_001, 'EUR')).toBe('−€1,000,000,000,000.01');
  });

  test('a change carries its sign, nothing carries none', () => {
    expect(formatChange(100, 'EUR')).toBe('+€1.00');
    expect(formatChange(-100, 'EUR')).toBe('−€1.00');
    expect(formatChange(0, 'EUR')).toBe('€0.00');
  });

  test('a code unknown to Intl is no crash', () => {
    expect(formatMoney(100, '??')).toBe('100');
  });

  test('is short on axes', () => {
    expect(formatMoneyShort(123_456_789, 'EUR')).toBe('€1.2m');
    expect([99_999, 100_000, -11, 999].map((minor) => formatMoneyBrief(minor, 'EUR'))).toEqual([
      '€999.99',
      '€1k',
      '−€0.11',
      '€9.99',
    ]);
  });
});

describe('rates', () => {
  test('undefined is a dash, never NaN or 0', () => {
    expect(formatRate(null)).toBe('–');
    expect(ratio(1, 0)).toBeNull();
    expect(formatRate(ratio(1, 4))).toBe('25.0%');
  });

  test('almost nothing is not nothing, almost all is not all', () => {
    expect(formatRate(0)).toBe('0.0%');
    expect(formatRate(0.000_1)).toBe('<0.1%');
    expect(formatRate(0.999_9)).toBe('>99.9%');
    expect(formatRate(1)).toBe('100.0%');
  });
});

test('counts are grouped, and short only on request', () => {
  expect(formatCount(1_234_567)).toBe('1,234,567');
  expect(formatCount(-3)).toBe('−3');
  expect(formatCompact(1_234_567)).toBe('1.2m');
});

test('durations have two units at most and carry when they round up', () => {
  const shown = [0, 400, 9_949, 12_000, 252_000, 3_599_700, 3_600_000, 7_500_000, 183_600_000, 604_800_000];
  expect(shown.map(formatDuration)).toEqual([
    '0 s',
    '0.4 s',
    '9.9 s',
    '12 s',
    '4 min 12 s',
    '1 h',
    '1 h',
    '2 h 5 min',
    '2 d 3 h',
    '7 d',
  ]);
  expect(formatDuration(null)).toBe('–');
});

describe('when', () => {
  test('a period says once what its ends share', () => {
    expect(formatPeriod({ from: '2026-11-01', to: '2026-11-30' })).toBe('1–30 Nov 2026');
    expect(formatPeriod({ from: '2026-10-24', to: '2026-11-22' })).toBe('24 Oct – 22 Nov 2026');
    expect(formatPeriod({ from: '2025-12-31', to: '2026-01-01' })).toBe('31 Dec 2025 – 1 Jan 2026');
    expect(formatPeriod({ from: '2026-11-22', to: '2026-11-22' })).toBe('22 Nov 2026');
  });

  test("as of is the store's clock, with the day once it is another", () => {
    const now = Date.parse('2026-11-22T13:05:00Z');
    expect(formatAsOf('2026-11-22T13:03:22.123Z', 'Europe/Berlin', now)).toBe('14:03:22');
    expect(formatAsOf('2026-11-20T23:30:00Z', 'Europe/Berlin', now)).toBe('00:30:00 on 21 Nov 2026');
  });
});
