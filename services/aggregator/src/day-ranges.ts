import { DAY_MS } from '@cartledger/funnel';

/** Days that follow each other, at most this many at once: what a statement holds in memory is bounded by them. */
export const MAX_DAYS = { funnel: 7, cart: 31, order: 93 } as const;

export type Range = { from: string; to: string; days: string[] };

/** The days, each once, in ranges without gaps. */
export const rangesOf = (days: Iterable<string>, most: number): Range[] => {
  const ranges: Range[] = [];
  for (const day of [...new Set(days)].sort((a, b) => (a < b ? -1 : 1))) {
    const last = ranges.at(-1);
    if (last && last.days.length < most && Date.parse(day) - Date.parse(last.to) <= DAY_MS) {
      last.to = day;
      last.days.push(day);
    } else ranges.push({ from: day, to: day, days: [day] });
  }
  return ranges;
};
