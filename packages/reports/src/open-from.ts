import { createCalendar } from '@cartledger/funnel';
import type { ReportQuery } from './query.ts';

/** The first day of the period that has not ended `afterDayMs` before T; null when all have. */
export const firstOpenDay = (
  { from, to, definition }: Pick<ReportQuery, 'from' | 'to' | 'definition'>,
  asOf: number,
  afterDayMs: number,
): string | null => {
  const calendar = createCalendar(definition.time_zone);
  if (calendar.dayEnd(to) + afterDayMs <= asOf) return null;
  const open = calendar.dayOf(asOf - afterDayMs);
  return open < from ? from : open;
};

/** The earlier of two days, either of which may be none. */
export const earlier = (a: string | null, b: string | null): string | null =>
  a === null || (b !== null && b < a) ? b : a;
