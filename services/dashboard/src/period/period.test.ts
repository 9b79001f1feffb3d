import { describe, expect, test } from 'vitest';
import { addDays, dayAt, isDay, lengthOf } from './day.ts';
import { isPreset, periodOf, problemOf } from './preset.ts';

describe('days', () => {
  test("a day is the store's wall date, not the browser's", () => {
    const instant = Date.UTC(2026, 10, 22, 23, 30);
    expect(dayAt(instant, 'UTC')).toBe('2026-11-22');
    expect(dayAt(instant, 'Europe/Berlin')).toBe('2026-11-23');
    expect(dayAt(instant, 'America/Los_Angeles')).toBe('2026-11-22');
    expect(dayAt(Date.UTC(2026, 10, 22, 11), 'Pacific/Kiritimati')).toBe('2026-11-23');
  });

  test('daylight saving neither skips nor repeats a day', () => {
    expect(addDays('2026-03-28', 1)).toBe('2026-03-29');
    expect(addDays('2026-10-25', 1)).toBe('2026-10-26');
    expect(dayAt(Date.UTC(2026, 9, 25, 22, 59), 'Europe/Berlin')).toBe('2026-10-25');
    expect(dayAt(Date.UTC(2026, 9, 25, 23, 0), 'Europe/Berlin')).toBe('2026-10-26');
  });

  test('only days that exist are days', () => {
    expect(isDay('2024-02-29')).toBe(true);
    for (const text of ['2026-02-29', '2026-13-01', '2026-1-1', '', null, undefined, "2026-01-01'"])
      expect(isDay(text), String(text)).toBe(false);
  });
});

describe('presets', () => {
  const on = (today: string) => (preset: Parameters<typeof periodOf>[0]) => Object.values(periodOf(preset, today));

  test('count back from today, today included', () => {
    const at = on('2026-11-22');
    expect(at('today')).toEqual(['2026-11-22', '2026-11-22']);
    expect(at('yesterday')).toEqual(['2026-11-21', '2026-11-21']);
    expect(at('last-7-days')).toEqual(['2026-11-16', '2026-11-22']);
    expect(at('last-28-days')).toEqual(['2026-10-26', '2026-11-22']);
    expect(at('last-30-days')).toEqual(['2026-10-24', '2026-11-22']);
    expect(lengthOf(periodOf('last-30-days', '2026-11-22'))).toBe(30);
  });

  test('months end where the calendar says', () => {
    expect(on('2026-11-22')('this-month')).toEqual(['2026-11-01', '2026-11-22']);
    expect(on('2026-03-31')('last-month')).toEqual(['2026-02-01', '2026-02-28']);
    expect(on('2026-01-01')('last-month')).toEqual(['2025-12-01', '2025-12-31']);
    expect(on('2024-03-01')('yesterday')).toEqual(['2024-02-29', '2024-02-29']);
  });

  test('an unknown preset is none', () => {
    expect(isPreset('last-7-days')).toBe(true);
    expect(isPreset('toString')).toBe(false);
    expect(isPreset(null)).toBe(false);
  });

  test('a period backwards or beyond reason is refused with words', () => {
    expect(problemOf({ from: '2026-01-01', to: '2026-01-01' })).toBeNull();
    expect(problemOf({ from: '2026-01-02', to: '2026-01-01' })).toMatch(/after/);
    expect(problemOf({ from: '2001-01-01', to: '2026-01-01' })).toMatch(/three years/);
  });
});
