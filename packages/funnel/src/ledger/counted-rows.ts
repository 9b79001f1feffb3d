import { type JourneyRow, NEVER_AFTER, NEVER_BEFORE } from './rows.ts';

/** What says which of its unit's rows a period counts. */
export type Counted = Pick<JourneyRow, 'counted_after' | 'counted_before' | 'any_after'>;

const highest = (hit: number): number => 32 - Math.clz32(hit);

/**
 * For each of one unit's rows of one funnel, which must come by day: between which days a period may begin and end
 * that counts it (rows.ts). Linear in the rows.
 */
export const countedRows = (rows: readonly Pick<JourneyRow, 'day' | 'hit' | 'any'>[]): Counted[] => {
  const counted: Counted[] = [];
  /** Rows that nothing later has passed yet, each reaching less far than the one below it, or as far. */
  const standing: { reached: number; day: string; counted: Counted }[] = [];
  const lastDayOf: string[] = [];
  for (const { day, hit, any } of rows) {
    const row: Counted = { counted_after: NEVER_BEFORE, counted_before: NEVER_AFTER, any_after: [] };
    counted.push(row);
    for (let k = 0; any >>> k !== 0; k++) {
      if (!((any >>> k) & 1)) continue;
      row.any_after.push(lastDayOf[k] ?? NEVER_BEFORE);
      lastDayOf[k] = day;
    }
    if (hit === 0) continue;
    const reached = highest(hit);
    for (let top = standing.at(-1); top && top.reached < reached; top = standing.at(-1)) {
      top.counted.counted_before = day;
      standing.pop();
    }
    row.counted_after = standing.at(-1)?.day ?? NEVER_BEFORE;
    standing.push({ reached, day, counted: row });
  }
  return counted;
};

/** By how many stages there are. */
const NEVER = Array.from({ length: 33 }, (_, stages) => new Array<string>(stages).fill(NEVER_BEFORE));

/** The `any_after` of a row that stands alone, as most do; rows share it. */
export const neverBefore = (any: number): string[] => {
  let stages = 0;
  for (let rest = any; rest !== 0; rest &= rest - 1) stages++;
  return NEVER[stages] ?? [];
};
