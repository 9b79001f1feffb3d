/** The funnel report's truth, from the journeys that shoppers told of. */
import { DEFAULT_STAGES, type Funnel, type FunnelStage } from '@cartledger/funnel';
import type { ChainFact, Facts } from '../facts.ts';
import { quantile, rate } from './arithmetic.ts';

type Days = (day: string) => boolean;

/** How many stages of a journey lie within the window. */
const depthWithin = ({ times }: ChainFact, windowMs: number): number => {
  const [start = 0] = times;
  return times.filter((time) => time <= start + windowMs).length;
};

/** The deeper, then the earlier; journeys of a day start after those of the day before. */
const isBetter = (a: ChainFact, b: ChainFact, windowMs: number): boolean => {
  const deeper = depthWithin(a, windowMs) - depthWithin(b, windowMs);
  return deeper > 0 || (deeper === 0 && (a.times[0] ?? 0) < (b.times[0] ?? 0));
};

export const funnelTruth = (facts: Facts, { unit, window_ms }: Funnel, inPeriod: Days): FunnelStage[] => {
  const best = new Map<string, ChainFact>();
  for (const chain of facts.chains) {
    if (chain.unit !== unit || !inPeriod(chain.day)) continue;
    const standing = best.get(chain.unitId);
    if (standing === undefined || isBetter(chain, standing, window_ms)) best.set(chain.unitId, chain);
  }
  const journeys = [...best.values()].map(({ times, ...chain }) => ({
    times: times.slice(0, depthWithin({ ...chain, times }, window_ms)),
  }));

  const seen = DEFAULT_STAGES.map(() => new Set<string>());
  for (const { unit: of, unitId, day, stage } of facts.stages) {
    if (of === unit && inPeriod(day)) seen[stage]?.add(unitId);
  }

  const reaching = (stage: number): number => journeys.filter(({ times }) => times.length > stage).length;
  return DEFAULT_STAGES.map((stage, k) => {
    const toNext = journeys.flatMap(({ times }) => {
      const [here, next] = [times[k], times[k + 1]];
      return here === undefined || next === undefined ? [] : [next - here];
    });
    return {
      stage,
      units: reaching(k),
      units_any: seen[k]?.size ?? 0,
      conversion_from_first: rate(reaching(k), reaching(0)),
      conversion_from_previous: k === 0 ? null : rate(reaching(k), reaching(k - 1)),
      dropped: k === DEFAULT_STAGES.length - 1 ? 0 : reaching(k) - reaching(k + 1),
      median_ms_to_next: quantile(toNext, 50),
      p90_ms_to_next: quantile(toNext, 90),
    };
  });
};
