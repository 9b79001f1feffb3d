/** The figures of a funnel, and what they are made of. */
import type { FunnelStage } from '../reports/index.ts';
import { quantile, rate } from './arithmetic.ts';

/** What a funnel's figures are made of, stage by stage: it adds up over units. */
export type FunnelCounts = {
  units: readonly number[];
  /** Units at the stage and at the one before. */
  both: readonly number[];
  any: readonly number[];
  /** ms to the next stage of the units that made it. */
  times: readonly (readonly number[])[];
};

export const noFunnelCounts = (stageCount: number): FunnelCounts => {
  const zeros = Array.from({ length: stageCount }, () => 0);
  return { units: zeros, both: zeros, any: zeros, times: zeros.map(() => []) };
};

export const addFunnelCounts = (a: FunnelCounts, b: FunnelCounts): FunnelCounts => {
  const sum = (x: readonly number[], y: readonly number[]): number[] => x.map((n, k) => n + (y[k] ?? 0));
  return {
    units: sum(a.units, b.units),
    both: sum(a.both, b.both),
    any: sum(a.any, b.any),
    times: a.times.map((times, k) => [...times, ...(b.times[k] ?? [])]),
  };
};

export const withoutTimes = (counts: FunnelCounts): FunnelCounts => ({
  ...counts,
  times: counts.times.map(() => []),
});

export const funnelStages = (stages: readonly string[], counts: FunnelCounts): FunnelStage[] =>
  stages.map((stage, k) => {
    const units = counts.units[k] ?? 0;
    const times = counts.times[k] ?? [];
    return {
      stage,
      units,
      units_any: counts.any[k] ?? 0,
      conversion_from_first: rate(units, counts.units[0] ?? 0),
      conversion_from_previous: conversionFromPrevious(counts, k),
      dropped: k === stages.length - 1 ? 0 : units - (counts.both[k + 1] ?? 0),
      median_ms_to_next: quantile(times, 50),
      p90_ms_to_next: quantile(times, 90),
    };
  });

export const conversionFromPrevious = ({ units, both }: FunnelCounts, k: number): number | null =>
  k === 0 ? null : rate(both[k] ?? 0, units[k - 1] ?? 0);
