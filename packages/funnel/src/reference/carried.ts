/** What reports carry so that those of a history cut into parts can be merged. */
import type { Definition } from '../definition.ts';
import type { CartCounts, VersionConflict } from '../reports/index.ts';
import type { NameGiven } from './abandonment.ts';
import type { BreakdownFacts } from './breakdown.ts';
import type { ConvertedSums } from './converted.ts';
import type { FunnelCounts } from './funnel-counts.ts';
import type { PipelineFacts } from './pipeline.ts';

/** The values each quantile is of, by the figure's place in the reports. */
export type Times = { place: string; values: readonly number[] }[];

export const PLACES = {
  toNext: (funnel: number, stage: number) => `funnels[${funnel}].stages[${stage}].ms_to_next`,
  toAbandonment: 'abandonment.times.ms_to_abandonment',
  toRecovery: 'abandonment.times.ms_to_recovery',
  salesCycle: 'pipeline.sales_cycle.ms',
};

export const timesOfFunnel = (funnel: number, counts: FunnelCounts): Times =>
  counts.times.slice(0, -1).map((values, k) => ({ place: PLACES.toNext(funnel, k), values }));

/** What printed figures do not tell; all of it adds up. Funnels are without times: those are among `Times`. */
export type Carried = {
  definition: Definition;
  funnels: {
    stages: readonly string[];
    conflict: VersionConflict | null;
    counts: FunnelCounts;
  }[];
  pipelineFunnel: {
    stages: readonly string[];
    conflict: VersionConflict | null;
    counts: FunnelCounts;
    /** Of the days of the period that are closed. */
    countsClosed: FunnelCounts;
    countsBefore: FunnelCounts | null;
  };
  breakdown: BreakdownFacts | null;
  /** Of carts with a checkout event: the integers behind their rates. */
  checkout: CartCounts;
  names: NameGiven[];
  converted: ConvertedSums | null;
  convertedByOrderDay: ConvertedSums | null;
  pipeline: PipelineFacts;
};
