/** Wall dates and hours of one IANA zone, by way of Intl. */

export type Calendar = {
  /** `YYYY-MM-DD` of the wall date at the instant. */
  dayOf(ms: number): string;
  /** 0 to 23. */
  hourOf(ms: number): number;
};

// Zones change their offsets at quarters of an hour of UTC only, so one question to Intl answers for a quarter.
const QUARTER_MS = 900_000;

export const createCalendar = (timeZone: string): Calendar => {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const offsets = new Map<number, number>();

  const offsetAt = (ms: number): number => {
    const quarter = Math.floor(ms / QUARTER_MS);
    const known = offsets.get(quarter);
    if (known !== undefined) return known;
    const parts = new Map(format.formatToParts(quarter * QUARTER_MS).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const wall = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
    const offset = wall - quarter * QUARTER_MS;
    offsets.set(quarter, offset);
    return offset;
  };

  return {
    dayOf: (ms) => new Date(ms + offsetAt(ms)).toISOString().slice(0, 10),
    hourOf: (ms) => new Date(ms + offsetAt(ms)).getUTCHours(),
  };
};
