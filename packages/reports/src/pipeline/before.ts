import { ReportError } from '../errors.ts';
import { type FunnelPlan, planFunnel } from '../funnel/plan.ts';
import type { ReportQuery } from '../query.ts';

const DAYS = 28;

const dayPlus = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);

const isConflict = (error: unknown): boolean => error instanceof ReportError && error.code === 'several_versions';

/** The same funnel over the 28 days before the period; null when they were counted otherwise than the period. */
export const planBefore = (query: ReportQuery, plan: FunnelPlan): { query: ReportQuery; plan: FunnelPlan } | null => {
  const from = dayPlus(query.from, -DAYS);
  try {
    if (planFunnel({ ...query, from }).key !== plan.key) return null;
  } catch (error) {
    if (isConflict(error)) return null;
    throw error;
  }
  const before = { ...query, from, to: dayPlus(query.from, -1) };
  return { query: before, plan: planFunnel(before) };
};
