import { ReportError } from '../errors.ts';
import { type FunnelPlan, planFunnel } from '../funnel/plan.ts';
import type { ReportQuery } from '../query.ts';

const DAYS = 28;

const dayPlus = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);

/** The query for the 28 days before the period; null when they were counted otherwise than the period. */
export const planBefore = (query: ReportQuery, plan: FunnelPlan): ReportQuery | null => {
  const from = dayPlus(query.from, -DAYS);
  try {
    const both = planFunnel({ ...query, from });
    if (both.key !== plan.key || both.kept !== plan.kept) return null;
  } catch (error) {
    if (error instanceof ReportError && error.code === 'several_versions') return null;
    throw error;
  }
  return { ...query, from, to: dayPlus(query.from, -1) };
};
