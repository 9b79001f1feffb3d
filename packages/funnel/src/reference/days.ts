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
  return (ms) => {
    const part = Object.fromEntries(wall.formatToParts(ms).map(({ type, value }) => [type, value]));
    return `${part.year}-${part.month}-${part.day}`;
  };
};

/** Whether a local day lies in the period, both ends included. */
export type InPeriod = (day: string) => boolean;

export const createInPeriod =
  (from: string, to: string): InPeriod =>
  (day) =>
    from <= day && day <= to;
