import type { Breakdown, FunnelMode, FunnelUnit } from '../definition.ts';
import type { ReportHead } from './head.ts';

export type FunnelStage = {
  stage: string;
  units: number;
  units_any: number;
  conversion_from_first: number | null;
  conversion_from_previous: number | null;
  dropped: number;
  median_ms_to_next: number | null;
  p90_ms_to_next: number | null;
};

export type FunnelReport = ReportHead & {
  report: 'funnel';
  unit: FunnelUnit;
  mode: FunnelMode;
  window_ms: number;
  stages: FunnelStage[];
  /** Only when asked for. */
  breakdown?: FunnelBreakdown;
};

/**
 * Why a funnel (and the pipeline report, by the store's default funnel) cannot be given for a period without a
 * `definition_version`: the versions in force on its days differ in stages or their predicates, or one of them does
 * not keep that funnel. Runs of days of one version, in order, covering the period.
 */
export type VersionConflict = { versions: { version: number; from: string; to: string }[] };

/** The value of units whose chain's start says none, and of all beyond the values listed. */
export const NO_VALUE = '(none)';
export const OTHER_VALUES = 'other';
/** How many values a breakdown lists when it is not told. */
export const DEFAULT_BREAKDOWN_VALUES = 10;

/**
 * The same funnel by the value at the start of the counted chain. `units_any` of a value counts units by the value of
 * their first day in the period with that stage's event: the start of that day's chain, NO_VALUE on a day without one.
 * `other` counts each unit once that has a value beyond those listed, also when it has a listed one beside it.
 */
export type FunnelBreakdown = {
  by: Breakdown;
  /** A unit may stand under several values (product, category): rows do not add up to the funnel. */
  overlapping: boolean;
  /** By units at the first stage, largest first, then by value (UTF-8 bytes); NO_VALUE among them; OTHER_VALUES, when there are more, last. */
  values: { value: string; stages: FunnelStage[] }[];
};
