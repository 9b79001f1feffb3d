import { type Calendar, createCalendar } from '@cartledger/funnel';

/** Calendars remember what they worked out: one a zone for the life of the aggregator. */
export type Calendars = (zone: string) => Calendar;

export const createCalendars = (): Calendars => {
  const known = new Map<string, Calendar>();
  return (zone) => {
    const calendar = known.get(zone) ?? createCalendar(zone);
    known.set(zone, calendar);
    return calendar;
  };
};
