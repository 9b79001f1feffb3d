/**
 * Local days of a store. A day is the set of instants whose wall date in the zone is that date: it may last 23 or
 * 25 hours, and where clocks go back over midnight it is not even one stretch of time.
 */
export type Calendar = {
  readonly timeZone: string;
  /** The local day of an instant (ms UTC), `YYYY-MM-DD`. */
  dayOf(ms: number): string;
  /** The first instant of the day; for a date that the zone skipped, the instant at which it did. */
  dayStart(day: string): number;
  /** The instant after the day's last one. */
  dayEnd(day: string): number;
};

const DAY_MS = 86_400_000;

/** A stretch of time in which the zone's clocks differ from UTC by one offset. */
type Span = { from: number; to: number; offset: number };

const offsetReader = (timeZone: string): ((ms: number) => number) => {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (ms) => {
    const second = Math.floor(ms / 1_000) * 1_000;
    const wall: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(second)) wall[type] = Number(value);
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second: s = 0 } = wall;
    return Date.UTC(year, month - 1, day, hour, minute, s) - second;
  };
};

/** The first instant in (from, to] that has the offset of `to`, when `from` has another. */
const changeWithin = (offsetAt: (ms: number) => number, from: number, to: number): number => {
  const after = offsetAt(to);
  let low = from;
  let high = to;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle) === after) high = middle;
    else low = middle;
  }
  return high;
};

/**
 * A calendar of an IANA zone, asking Intl a few times for each day it meets and nothing twice.
 * Throws a RangeError for a zone Intl does not know.
 */
export const createCalendar = (timeZone: string): Calendar => {
  const offsetAt = offsetReader(timeZone);
  const spansByUtcDay = new Map<number, Span[]>();
  const names = new Map<number, string>();

  // No zone changes its clocks twice within 24 hours.
  const spansOf = (utcDay: number): Span[] => {
    const known = spansByUtcDay.get(utcDay);
    if (known) return known;
    const from = utcDay * DAY_MS;
    const to = from + DAY_MS;
    const before = offsetAt(from);
    const after = offsetAt(to - 1);
    const change = before === after ? to : changeWithin(offsetAt, from, to - 1);
    const spans = [{ from, to: change, offset: before }];
    if (change < to) spans.push({ from: change, to, offset: after });
    spansByUtcDay.set(utcDay, spans);
    return spans;
  };

  const nameOf = (dayNumber: number): string => {
    let name = names.get(dayNumber);
    if (name === undefined) {
      name = new Date(dayNumber * DAY_MS).toISOString().slice(0, 10);
      names.set(dayNumber, name);
    }
    return name;
  };

  const edges = (day: string): { start: number; end: number } => {
    const wallStart = Date.parse(`${day}T00:00:00Z`);
    if (Number.isNaN(wallStart)) throw new RangeError(`"${day}" is no day: give it as YYYY-MM-DD`);
    const wallEnd = wallStart + DAY_MS;
    const utcDay = wallStart / DAY_MS;
    let start = Number.POSITIVE_INFINITY;
    let end = Number.NEGATIVE_INFINITY;
    let skipped = Number.NaN;
    for (const span of [utcDay - 1, utcDay, utcDay + 1].flatMap(spansOf)) {
      const from = Math.max(span.from, wallStart - span.offset);
      const to = Math.min(span.to, wallEnd - span.offset);
      if (from < to) {
        start = Math.min(start, from);
        end = Math.max(end, to);
      }
      if (Number.isNaN(skipped) && span.to + span.offset > wallStart)
        skipped = Math.max(span.from, wallStart - span.offset);
    }
    return start < end ? { start, end } : { start: skipped, end: skipped };
  };

  return {
    timeZone,
    dayOf: (ms) => {
      const [first, second] = spansOf(Math.floor(ms / DAY_MS));
      const span = second && ms >= second.from ? second : first;
      return nameOf(Math.floor((ms + (span?.offset ?? 0)) / DAY_MS));
    },
    dayStart: (day) => edges(day).start,
    dayEnd: (day) => edges(day).end,
  };
};

/** The first day all of which is at or after an instant: in another zone than the one it was made in, days begin at other times. */
export const firstDayFrom = (calendar: Calendar, instant: number): string => {
  const day = calendar.dayOf(instant);
  return calendar.dayStart(day) === instant ? day : calendar.dayOf(calendar.dayEnd(day));
};
