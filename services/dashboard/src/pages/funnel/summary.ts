import type { WireFunnel } from '../../api/wire.ts';
import { formatCount, formatRate, ratio } from '../../format/number.ts';
import { stageLabel, unitWords } from '../../words/stage.ts';

export type Stage = WireFunnel['stages'][number];

/** The step that loses the largest share of those who reached it; null when there is no step or nobody. */
export const largestDrop = (stages: readonly Stage[]): { from: Stage; to: Stage; share: number } | null => {
  let worst: { from: Stage; to: Stage; share: number } | null = null;
  for (const [index, from] of stages.entries()) {
    const to = stages[index + 1];
    const share = to === undefined ? null : ratio(from.dropped, from.units);
    if (to !== undefined && share !== null && (worst === null || share > worst.share)) worst = { from, to, share };
  }
  return worst;
};

/** The chart in a sentence. */
export const describeFunnel = ({ stages, unit }: Pick<WireFunnel, 'stages' | 'unit'>): string => {
  const steps = stages.map(({ stage, units, conversion_from_previous: rate }) =>
    rate === null
      ? `${stageLabel(stage)} ${formatCount(units)}`
      : `${stageLabel(stage)} ${formatCount(units)} (${formatRate(rate)} of the stage before)`,
  );
  return `Funnel by ${unitWords(unit).one}: ${steps.join(', ')}.`;
};
