/** Times of the wire, and the time at which an event counts. */
import { MAX_TIME, SKEW_TOLERANCE_MS } from './limits.ts';

/** `count` digits from `from` on as a number; NaN, which fails every comparison, where one is none. */
const digits = (text: string, from: number, count: number): number => {
  let number = 0;
  for (let index = from; index < from + count; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
};

const isWithin = (value: number, least: number, most: number): boolean => value >= least && value <= most;

const daysIn = (year: number, month: number): number => {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
};

/** The fraction of a second from `from` on: its ms, and where it ends; the same place where there is none. */
const readFraction = (text: string, from: number): { ms: number; end: number } => {
  if (text[from] !== '.') return { ms: 0, end: from };
  let end = from + 1;
  while (isWithin(text.charCodeAt(end), 48, 57)) end++;
  // A point without digits is no fraction: the offset will not be found there.
  if (end === from + 1) return { ms: 0, end: from };
  return {
    ms: Number(
      text
        .slice(from + 1, from + 4)
        .slice(0, end - from - 1)
        .padEnd(3, '0'),
    ),
    end,
  };
};

/** The offset from `from` to the end in ms, east positive; NaN when there is none. */
const readOffset = (text: string, from: number): number => {
  const sign = text[from];
  if (sign === 'Z' || sign === 'z') return text.length === from + 1 ? 0 : Number.NaN;
  if ((sign !== '+' && sign !== '-') || text[from + 3] !== ':' || text.length !== from + 6) return Number.NaN;
  const hours = digits(text, from + 1, 2);
  const minutes = digits(text, from + 4, 2);
  if (!(hours <= 23 && minutes <= 59)) return Number.NaN;
  return (sign === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
};

/** By hand: a regular expression and a Date took a quarter of an event's whole check. */
const parseRfc3339 = (text: string): number => {
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const second = digits(text, 17, 2);
  const between = text[10];
  const isDate =
    // Before 1969 no offset brings it to 1970; below 100 Date.UTC would mean the years 19xx.
    year >= 1969 &&
    text[4] === '-' &&
    isWithin(month, 1, 12) &&
    text[7] === '-' &&
    // Else 30 February would roll over into March.
    isWithin(day, 1, daysIn(year, month)) &&
    (between === 'T' || between === 't' || between === ' ');
  const isClock = hour <= 23 && text[13] === ':' && minute <= 59 && text[16] === ':' && second <= 59;
  if (!isDate || !isClock) return Number.NaN;
  const { ms, end } = readFraction(text, 19);
  return Date.UTC(year, month - 1, day, hour, minute, second, ms) - readOffset(text, end);
};

/**
 * A time of the wire in ms UTC: RFC 3339 (what is finer than a ms is cut off) or whole epoch ms, from 1970 up to
 * 2100. Null for anything else.
 */
export const parseTime = (value: unknown): number | null => {
  const ms = typeof value === 'string' ? parseRfc3339(value) : value;
  return typeof ms === 'number' && Number.isInteger(ms) && ms >= 0 && ms < MAX_TIME ? ms : null;
};

type Times = { occurred_at: number; sent_at?: number | undefined; received_at: number };

/**
 * The client's time with its clock's error taken out: `received_at - sent_at` is added when it exceeds 2 s either
 * way. Not capped, so that what claims to lie ahead can still be told. All in ms UTC.
 */
export const correctedTime = ({ occurred_at, sent_at, received_at }: Times): number => {
  if (sent_at === undefined) return occurred_at;
  const error = received_at - sent_at;
  return Math.abs(error) > SKEW_TOLERANCE_MS ? occurred_at + error : occurred_at;
};

/** When the event happened, ms UTC (definitions.md 1): the corrected time, never after it was received. */
export const eventTime = (times: Times): number => Math.min(correctedTime(times), times.received_at);

/** The `received_at` that an imported event brings along, ms UTC; null when it brings none that is a time. */
export const readReceivedAt = (input: unknown): number | null =>
  typeof input === 'object' && input !== null && 'received_at' in input ? parseTime(input.received_at) : null;
