import { expect, test, vi } from 'vitest';
import { moment } from './moment.ts';

test('a moment is told as a time, a day or a span before now', () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 22, 12) });
  expect(moment('2h')).toBe('2026-11-22T10:00:00.000Z');
  expect(moment('7d')).toBe('2026-11-15T12:00:00.000Z');
  expect(moment('2026-11-01')).toBe('2026-11-01T00:00:00.000Z');
  expect(moment('2026-11-01T10:00+02:00')).toBe('2026-11-01T08:00:00.000Z');
  vi.useRealTimers();
});

// Without an offset it would be the time of whatever machine the command runs on.
test.each(['yesterday', '2026-13-01', '2026-11-01T10:00', '22.11.2026', ''])('%j is no moment', (text) => {
  expect(() => moment(text)).toThrow('give a time such as');
});
