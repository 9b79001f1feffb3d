import { ReportError } from '../errors.ts';
import { type FunnelPlan, planFunnel } from '../funnel/plan.ts';
import { firstOpenDay } from '../open-from.ts';
import type { ReportQuery } from '../query.ts';

const DAYS = 28;

const dayPlus = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);

const isConflict = (error: unknown): boolean => error instanceof ReportError && error.code === 'several_versions';

/** The same funnel over the 28 days before the period; null when they were counted otherwise than the period. */
const planBefore = (query: ReportQuery, plan: FunnelPlan): { query: ReportQuery; plan: FunnelPlan } | null => {
  const from = dayPlus(query.from, -DAYS);
  try {
    if (planFunnel({ ...query, from }).key !== plan.key) return null;
  } catch (error) {
    if (isConflict(error)) return null;
    throw error;
  }
  const before: ReportQuery = { ...query, from, to: dayPlus(query.from, -1), only: 'counts' };
  return { query: before, plan: planFunnel(before) };
};

/**
 * What a bottleneck compares, both sides of the same age: the days of the period whose windows are over at T, and the 28
 * days before it, which then are closed too. null while no day of the period is closed, or when the days before were
 * counted otherwise.
 */
export const planComparison = (
  query: ReportQuery,
  plan: FunnelPlan,
  asOf: number,
): { closed: ReportQuery; before: { query: ReportQuery; plan: FunnelPlan } } | null => {
  const open = firstOpenDay(query, asOf, plan.funnel.window_ms);
  if (open === query.from) return null;
  const before = planBefore(query, plan);
  const closed: ReportQuery = { ...query, to: open === null ? query.to : dayPlus(open, -1), only: 'counts' };
  return before && { closed, before };
};
