import type { FunnelStage } from '@cartledger/funnel';
import { rate } from '../arithmetic.ts';

/** Units whose counted chain hit just these stages, bit k for stage k; 0 for rows that count only in `units_any`. */
export type Tally = { bits: number; units: number; units_any: readonly number[] };
/** Of the units that made the step from a stage to the next. */
export type StepTimes = { step: number; median: number; p90: number };

const has = (bits: number, stage: number): boolean => ((bits >>> stage) & 1) === 1;

/** The funnel's stages (docs/definitions.md, funnels) from what was counted. */
export const foldStages = (
  stages: readonly string[],
  tallies: readonly Tally[],
  times: readonly StepTimes[],
): FunnelStage[] => {
  const unitsAt = (k: number): number => tallies.reduce((sum, t) => (has(t.bits, k) ? sum + t.units : sum), 0);
  const unitsAtBoth = (k: number): number =>
    tallies.reduce((sum, t) => (has(t.bits, k) && has(t.bits, k + 1) ? sum + t.units : sum), 0);
  const first = unitsAt(0);
  return stages.map((stage, k) => {
    const units = unitsAt(k);
    const toNext = times.find(({ step }) => step === k);
    return {
      stage,
      units,
      units_any: tallies.reduce((sum, t) => sum + (t.units_any[k] ?? 0), 0),
      conversion_from_first: rate(units, first),
      conversion_from_previous: k === 0 ? null : rate(unitsAtBoth(k - 1), unitsAt(k - 1)),
      dropped: k === stages.length - 1 ? 0 : units - unitsAtBoth(k),
      median_ms_to_next: toNext?.median ?? null,
      p90_ms_to_next: toNext?.p90 ?? null,
    };
  });
};
