/** Local days as `YYYY-MM-DD`. Arithmetic is on the calendar, so daylight saving cannot shift a day. */
export type Day = string;
export type Period = { from: Day; to: Day };

const DAY_MS = 86_400_000;
const PATTERN = /^\d{4}-\d{2}-\d{2}$/;

export const isDay = (text: string | null | undefined): text is Day => {
  if (text == null || !PATTERN.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
};

const toMs = (day: Day): number => Date.parse(`${day}T00:00:00Z`);
const fromMs = (ms: number): Day => new Date(ms).toISOString().slice(0, 10);

export const addDays = (day: Day, days: number): Day => fromMs(toMs(day) + days * DAY_MS);

/** Days from one to the other, both counted: a single day is 1. */
export const lengthOf = (period: Period): number => (toMs(period.to) - toMs(period.from)) / DAY_MS + 1;

export const startOfMonth = (day: Day): Day => `${day.slice(0, 8)}01`;

/** The wall date in the zone at an instant. An unknown zone throws RangeError, as Intl does. */
export const dayAt = (instantMs: number, timeZone: string): Day => {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'iso8601',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(instantMs);
  const part = (type: string): string => parts.find((p) => p.type === type)?.value ?? '';
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`;
};
