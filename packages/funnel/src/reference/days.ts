/** Gives the wall date of an instant. */
export type DayOf = (ms: number) => string;

/** A day is the set of instants whose wall date in the zone is that date, `YYYY-MM-DD`. */
export const createDayOf = (timeZone: string): DayOf => {
  const wall = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  const known = new Map<number, string>();
  const dayOf = (ms: number): string => {
    const part = Object.fromEntries(wall.formatToParts(ms).map(({ type, value }) => [type, value]));
    return `${part.year}-${part.month}-${part.day}`;
  };
  // Asked for again and again, and slow to tell.
  return (ms) => {
    const day = known.get(ms) ?? dayOf(ms);
    known.set(ms, day);
    return day;
  };
};

/** Whether a local day lies in the period, both ends included. */
export type InPeriod = (day: string) => boolean;

export const createInPeriod =
  (from: string, to: string): InPeriod =>
  (day) =>
    from <= day && day <= to;
