/**
 * TEST ONLY: folds journey rows into funnels as the report SQL does: each row says by itself whether the period counts
 * it, so nothing is grouped by unit.
 */
import { type Breakdown, type Definition, type Funnel, funnelKey, stagesOf } from '../definition.ts';
import { type FunnelBreakdown, type FunnelStage, NO_VALUE, OTHER_VALUES } from '../reports/index.ts';
import { compareUtf8 } from './order-of-events.ts';
import { type JourneyRow, NEVER_BEFORE } from './rows.ts';
import { quantile, rate } from './test-arithmetic.ts';

export type Days = { from: string; to: string };

const has = (mask: number, k: number): boolean => ((mask >>> k) & 1) === 1;
const bitsBelow = (mask: number, k: number): number =>
  Array.from({ length: k }, (_, i) => i).filter((i) => has(mask, i)).length;

const isCounted = (row: JourneyRow, { from, to }: Days): boolean =>
  row.hit > 0 && row.counted_after < from && row.counted_before > to;

/** Rows of the period that are their unit's first in it with that stage's event. */
const isFirstAny = (row: JourneyRow, k: number, { from }: Days): boolean =>
  has(row.any, k) && (row.any_after[bitsBelow(row.any, k)] ?? NEVER_BEFORE) < from;

const stagesFrom = (
  names: readonly string[],
  counted: readonly JourneyRow[],
  any: (k: number) => number,
): FunnelStage[] =>
  names.map((stage, k) => {
    const here = counted.filter((row) => has(row.hit, k));
    const previous = counted.filter((row) => has(row.hit, k - 1));
    const both = (of: readonly JourneyRow[], other: number) => of.filter((row) => has(row.hit, other)).length;
    const times = here.flatMap((row) => row.ms_to_next.slice(k, k + 1)).sort((a, b) => a - b);
    return {
      stage,
      units: here.length,
      units_any: any(k),
      conversion_from_first: rate(here.length, counted.filter((row) => has(row.hit, 0)).length),
      conversion_from_previous: k === 0 ? null : rate(both(previous, k), previous.length),
      dropped: k === names.length - 1 ? 0 : here.length - both(here, k + 1),
      median_ms_to_next: quantile(times, 1, 2),
      p90_ms_to_next: quantile(times, 9, 10),
    };
  });

const rowsOf = (rows: readonly JourneyRow[], funnel: Funnel, { from, to }: Days): JourneyRow[] =>
  rows.filter((row) => !row.excluded && row.funnel === funnelKey(funnel) && row.day >= from && row.day <= to);

export const foldFunnel = (
  rows: readonly JourneyRow[],
  funnel: Funnel,
  definition: Definition,
  days: Days,
): FunnelStage[] => {
  const mine = rowsOf(rows, funnel, days);
  return stagesFrom(
    stagesOf(definition, funnel),
    mine.filter((row) => isCounted(row, days)),
    (k) => mine.filter((row) => isFirstAny(row, k, days)).length,
  );
};

const valuesOf = (row: JourneyRow, by: Breakdown): string[] => {
  const values = row.dimensions.filter(({ name }) => name === by).map(({ value }) => value);
  return values.length > 0 ? values : [NO_VALUE];
};

export const foldBreakdown = (
  rows: readonly JourneyRow[],
  funnel: Funnel,
  definition: Definition,
  by: Breakdown,
  listed: number,
  days: Days,
): FunnelBreakdown => {
  const mine = rowsOf(rows, funnel, days);
  const counted = mine.filter((row) => isCounted(row, days));
  const names = stagesOf(definition, funnel);
  const of = (value: string, isIt: (value: string) => boolean) => {
    const ofValue = (row: JourneyRow): boolean => valuesOf(row, by).some(isIt);
    const any = (k: number) => mine.filter((row) => isFirstAny(row, k, days) && ofValue(row)).length;
    return { value, stages: stagesFrom(names, counted.filter(ofValue), any) };
  };
  const seen = mine.filter((row) => isCounted(row, days) || names.some((_, k) => isFirstAny(row, k, days)));
  const values = [...new Set(seen.flatMap((row) => valuesOf(row, by)))]
    .map((value) => of(value, (other) => other === value))
    .sort((a, b) => (b.stages[0]?.units ?? 0) - (a.stages[0]?.units ?? 0) || compareUtf8(a.value, b.value));
  const first = new Set(values.slice(0, listed).map(({ value }) => value));
  const others = values.length > listed ? [of(OTHER_VALUES, (value) => !first.has(value))] : [];
  return { by, overlapping: by === 'product' || by === 'category', values: [...values.slice(0, listed), ...others] };
};
