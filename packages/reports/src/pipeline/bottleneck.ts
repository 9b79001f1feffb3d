import type { FunnelStage, PipelineReport } from '@cartledger/funnel';
import { divideHalfEven, millionths } from '../arithmetic.ts';

/** Fewer units at the previous stage say nothing. */
const ENOUGH_UNITS = 100;

/**
 * The stage that loses most units against its mean of the 28 days before, the earliest of equals: from the rates as
 * printed. null when no stage is below its mean.
 */
export const bottleneckOf = (
  stages: readonly FunnelStage[],
  before: readonly FunnelStage[],
): PipelineReport['bottleneck'] => {
  let worst: PipelineReport['bottleneck'] = null;
  let most = 0n;
  stages.forEach(({ stage, conversion_from_previous: conversion }, k) => {
    const units = stages[k - 1]?.units ?? 0;
    const mean_conversion = before[k]?.conversion_from_previous ?? null;
    if (conversion === null || mean_conversion === null || units < ENOUGH_UNITS) return;
    const missing = (millionths(mean_conversion) - millionths(conversion)) * BigInt(units);
    if (missing <= most) return;
    most = missing;
    worst = { stage, units, conversion, mean_conversion, units_missing: Number(divideHalfEven(missing, 1_000_000n)) };
  });
  return worst;
};
