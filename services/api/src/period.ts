import { createCalendar } from '@cartledger/funnel';

const DEFAULT_DAYS = 30;

/** The day n days after, by the calendar; null for what is no day (the report will say so). */
const plusDays = (day: string, days: number): string | null => {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(ms) ? null : new Date(ms + days * 86_400_000).toISOString().slice(0, 10);
};

/** The period asked for; without `to` up to today in the store's zone, without `from` the 30 days that end there. */
export const periodOf = (
  given: { from?: string | undefined; to?: string | undefined },
  { timeZone, now }: { timeZone: string; now: number },
): { from: string; to: string } => {
  const to = given.to ?? createCalendar(timeZone).dayOf(now);
  return { from: given.from ?? plusDays(to, 1 - DEFAULT_DAYS) ?? to, to };
};
