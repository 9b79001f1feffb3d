import { type Day, dayAt, type Period } from '../period/day.ts';
import { LOCALE } from './locale.ts';

const part = (day: Day, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(LOCALE, { ...options, timeZone: 'UTC' }).format(Date.parse(`${day}T00:00:00Z`));

const DAY: Intl.DateTimeFormatOptions = { day: 'numeric' };
const DAY_MONTH: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short' };
const DAY_MONTH_YEAR: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', year: 'numeric' };

const formatDay = (day: Day): string => part(day, DAY_MONTH_YEAR);
export const formatDayShort = (day: Day): string => part(day, DAY_MONTH);

/** "1–30 Nov 2026": what both ends share is said once. */
export const formatPeriod = ({ from, to }: Period): string => {
  if (from === to) return formatDay(to);
  if (from.slice(0, 7) === to.slice(0, 7)) return `${part(from, DAY)}–${formatDay(to)}`;
  if (from.slice(0, 4) === to.slice(0, 4)) return `${formatDayShort(from)} – ${formatDay(to)}`;
  return `${formatDay(from)} – ${formatDay(to)}`;
};

/** The clock in the store's zone, with the day when it is not the reader's today there. */
export const formatAsOf = (asOf: string, timeZone: string, nowMs: number): string => {
  const ms = Date.parse(asOf);
  const clock = new Intl.DateTimeFormat(LOCALE, { timeZone, timeStyle: 'medium' }).format(ms);
  const day = dayAt(ms, timeZone);
  return day === dayAt(nowMs, timeZone) ? clock : `${clock} on ${formatDay(day)}`;
};
