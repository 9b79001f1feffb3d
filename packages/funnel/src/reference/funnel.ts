/** The funnel report (numbers.md 5). */
import type { Definition, Funnel } from '../definition.ts';
import type { FunnelStage } from '../report.ts';
import { quantile, rate } from './arithmetic.ts';
import type { InPeriod } from './days.ts';
import { depthOf, type Journey, journeysOf } from './journeys.ts';
import { type History, stagesFor, unitsOf } from './units.ts';

export const funnelReport = (
  funnel: Funnel,
  definition: Definition,
  history: History,
  inPeriod: InPeriod,
): FunnelStage[] => {
  const stages = stagesFor(funnel.unit, definition.stages);
  const units = unitsOf(funnel.unit, stages, history);
  const matching = {
    stageCount: stages.length,
    windowMs: funnel.window_ms,
    tieToleranceMs: definition.tie_tolerance_ms,
  };
  const counted = units.flatMap((unit) => {
    const journeys = journeysOf(unit, funnel.mode, matching).filter((journey) => inPeriod(journey.day));
    return furthest(journeys) ?? [];
  });

  const reaching = (k: number): number => counted.filter((j) => j.reached[k]).length;
  const reachingBoth = (k: number): number => counted.filter((j) => j.reached[k - 1] && j.reached[k]).length;
  return stages.map((stage, k) => {
    const timesToNext = counted.flatMap((j) => timeToNext(j, k) ?? []);
    return {
      stage,
      units: reaching(k),
      units_any: units.filter((unit) => unit.some((hit) => hit.stages.has(k) && inPeriod(hit.day))).length,
      conversion_from_first: rate(reaching(k), reaching(0)),
      conversion_from_previous: k === 0 ? null : rate(reachingBoth(k), reaching(k - 1)),
      dropped: k === stages.length - 1 ? 0 : reaching(k) - reachingBoth(k + 1),
      median_ms_to_next: quantile(timesToNext, 50),
      p90_ms_to_next: quantile(timesToNext, 90),
    };
  });
};

/** A period counts each unit once, at its furthest journey, ties to the earliest day. */
const furthest = (journeys: readonly Journey[]): Journey | undefined =>
  journeys.toSorted((a, b) => depthOf(b) - depthOf(a) || (a.day < b.day ? -1 : 1))[0];

const timeToNext = (journey: Journey, k: number): number | null => {
  const from = journey.times?.[k];
  const to = journey.times?.[k + 1];
  return from === undefined || to === undefined ? null : to - from;
};
