import { createCalendar, DAY_MS, NEVER_AFTER, NEVER_BEFORE, type ReportHead, stagesOf } from '@cartledger/funnel';
import type { ReadDays } from '../days/query.ts';
import type { ReportQuery } from '../query.ts';
import { versionsOf } from '../versions.ts';
import { stagesSeen } from './counts.ts';
import { notKept } from './not-kept.ts';
import type { FunnelPlan } from './plan.ts';
import { journeyParamsOf } from './report.ts';

const SILENT_DAYS = 30;
const ALL_DAYS = { from: NEVER_BEFORE, to: NEVER_AFTER };

/** A stage and the last day with an event that matched it, null when there never was one. */
type Silent = { stage: string; since: string | null };

/** A stage that no event has matched for 30 days is most likely named wrong or not sent. */
const silentStages = async (days: ReadDays, query: ReportQuery, plan: FunnelPlan, asOf: number): Promise<Silent[]> => {
  const { definition } = query;
  const { funnel, stages } = plan;
  const from = createCalendar(definition.time_zone).dayOf(asOf - SILENT_DAYS * DAY_MS);
  const versions = versionsOf(query);
  const silentIn = async (read: ReadDays['rolledUp']): Promise<Silent[]> => {
    const rows = await read(stagesSeen, { ...journeyParamsOf(query, plan), ...ALL_DAYS });
    const lastSeen = new Map<string, string>();
    for (const { definition_version, bit, last_day } of rows) {
      const counted = versions.find((version) => version.definition.version === definition_version);
      const stage = stagesOf(counted?.definition ?? definition, funnel)[bit];
      if (stage !== undefined && last_day > (lastSeen.get(stage) ?? '')) lastSeen.set(stage, last_day);
    }
    return stages
      .map((stage) => ({ stage, since: lastSeen.get(stage) ?? null }))
      .filter(({ since }) => since === null || since < from);
  };
  // What the rollups have seen, has been; the days on which they are behind are asked for the rest alone.
  const silent = await silentIn(days.rolledUp);
  return silent.length === 0 ? silent : silentIn(days);
};

const computedOnDemand = (plan: FunnelPlan): ReportHead['warnings'][number] => {
  const { why, remedy } = notKept(plan);
  return {
    code: 'computed_on_demand',
    message: `${why}, so it was computed from the events. To have it at once, ${remedy}`,
  };
};

export const funnelWarnings = async (
  days: ReadDays,
  query: ReportQuery,
  plan: FunnelPlan,
  asOf: number,
): Promise<ReportHead['warnings']> => [
  ...plan.leftOut.map((stage) => ({
    code: 'stage_left_out',
    message: `Stage ${stage} is left out: carts begin with what is put in them.`,
  })),
  ...(plan.kept ? await silentStages(days, query, plan, asOf) : []).map(({ stage, since }) => ({
    code: 'stage_without_events',
    message:
      since === null
        ? `No event has ever matched stage ${stage}.`
        : `No event has matched stage ${stage} for ${SILENT_DAYS} days: the last did on ${since}.`,
  })),
  ...(plan.kept ? [] : [computedOnDemand(plan)]),
  ...(plan.breakdown === 'product' || plan.breakdown === 'category'
    ? [
        {
          code: 'overlapping',
          message: `A chain may start with several of ${plan.breakdown}: rows overlap and do not add up to the funnel.`,
        },
      ]
    : []),
];
