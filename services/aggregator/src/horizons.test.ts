import { createCalendar, DEFAULT_DEFINITION, firstDayFrom } from '@cartledger/funnel';
import { expect, test } from 'vitest';
import { horizonOf } from './retention.ts';

const at = (text: string): number => Date.parse(text);

test('what a store keeps begins with a day of its zone, so many days before what was taken in', () => {
  const definition = { ...DEFAULT_DEFINITION, time_zone: 'Europe/Berlin', retention_days: 401 };
  expect(horizonOf(definition, at('2027-02-15T23:30:00Z'), createCalendar)).toBe(at('2026-01-10T23:00:00Z'));
  expect(horizonOf(definition, at('2027-02-15T22:30:00Z'), createCalendar)).toBe(at('2026-01-09T23:00:00Z'));
  expect(horizonOf({ ...definition, retention_days: null }, at('2027-02-15T22:30:00Z'), createCalendar)).toBeNull();
});

test('in another zone the first day that is kept is the first that is kept whole', () => {
  const midnightInBerlin = at('2026-01-10T23:00:00Z');
  expect(firstDayFrom(createCalendar('Europe/Berlin'), midnightInBerlin)).toBe('2026-01-11');
  expect(firstDayFrom(createCalendar('America/New_York'), midnightInBerlin)).toBe('2026-01-11');
  expect(firstDayFrom(createCalendar('Asia/Tokyo'), midnightInBerlin)).toBe('2026-01-12');
});
