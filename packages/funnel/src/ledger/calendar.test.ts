import { expect, it } from 'vitest';
import { createCalendar } from './calendar.ts';

const at = (text: string): number => Date.parse(text);
const HOUR = 3_600_000;

it('cuts days at local midnight, on both sides of a change of clocks', () => {
  const berlin = createCalendar('Europe/Berlin');
  expect(berlin.dayOf(at('2026-03-28T22:59:59.999Z'))).toBe('2026-03-28');
  expect(berlin.dayOf(at('2026-03-28T23:00:00.000Z'))).toBe('2026-03-29');
  expect(berlin.dayOf(at('2026-03-29T21:59:59.999Z'))).toBe('2026-03-29');
  expect(berlin.dayOf(at('2026-03-29T22:00:00.000Z'))).toBe('2026-03-30');
});

it.each([
  ['Europe/Berlin', '2026-03-29', 23],
  ['Europe/Berlin', '2026-10-25', 25],
  ['Australia/Lord_Howe', '2026-04-05', 24.5],
  ['Asia/Kathmandu', '2026-04-05', 24],
  // Clocks change at midnight: the day begins at 1:00, or has 0:00 to 1:00 twice.
  ['America/Havana', '2026-03-08', 23],
  ['America/Havana', '2026-11-01', 25],
])('in %s the day %s lasts %d hours', (zone, day, hours) => {
  const calendar = createCalendar(zone);
  const [start, end] = [calendar.dayStart(day), calendar.dayEnd(day)];
  expect(end - start).toBe(hours * HOUR);
  expect([start - 1, start, end - 1, end].map((ms) => calendar.dayOf(ms) === day)).toEqual([false, true, true, false]);
});

it('knows a day that is not one stretch of time: clocks that go back over midnight', () => {
  // St John's, 2010-11-07: at 0:01 back to 23:01 of the day before.
  const calendar = createCalendar('America/St_Johns');
  expect(calendar.dayOf(at('2010-11-07T02:30:30Z'))).toBe('2010-11-07');
  expect(calendar.dayOf(at('2010-11-07T02:31:00Z'))).toBe('2010-11-06');
  expect(calendar.dayOf(at('2010-11-07T03:30:00Z'))).toBe('2010-11-07');
  expect(calendar.dayStart('2010-11-07')).toBe(at('2010-11-07T02:30:00Z'));
  expect(calendar.dayEnd('2010-11-06')).toBe(at('2010-11-07T03:30:00Z'));
});

it('gives a date that the zone skipped no time at all', () => {
  const apia = createCalendar('Pacific/Apia');
  expect(apia.dayEnd('2011-12-30') - apia.dayStart('2011-12-30')).toBe(0);
  expect(apia.dayStart('2011-12-30')).toBe(apia.dayEnd('2011-12-29'));
  expect(apia.dayStart('2011-12-31')).toBe(apia.dayEnd('2011-12-29'));
});

it('agrees with Intl at every hour and around every change of three years', () => {
  for (const zone of ['America/New_York', 'Africa/Casablanca', 'Asia/Gaza', 'America/Nuuk', 'Pacific/Chatham']) {
    const calendar = createCalendar(zone);
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' });
    for (let ms = at('2024-01-01T00:00:00Z'); ms < at('2027-01-01T00:00:00Z'); ms += 7 * HOUR - 1)
      if (calendar.dayOf(ms) !== format.format(ms)) expect([zone, ms, calendar.dayOf(ms)]).toEqual(format.format(ms));
  }
});

it('refuses what is no zone and no day', () => {
  expect(() => createCalendar('Mars/Olympus')).toThrow(RangeError);
  expect(() => createCalendar('UTC').dayStart('2026-13-01')).toThrow(/is no day/);
});
