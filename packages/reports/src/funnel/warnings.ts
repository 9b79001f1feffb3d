import { createCalendar, DAY_MS, type ReportHead, stagesOf } from '@cartledger/funnel';
import type { ReadDays } from '../days/query.ts';
import type { ReportQuery } from '../query.ts';
import { versionsOf } from '../versions.ts';
import { stagesSeen } from './counts.ts';
import type { FunnelPlan } from './plan.ts';
import { journeyParamsOf } from './report.ts';

const SILENT_DAYS = 30;
const LAST_DAY = '2299-12-31';

/** A stage that no event has matched for 30 days is most likely named wrong or not sent. */
const silentStages = async (days: ReadDays, query: ReportQuery, plan: FunnelPlan, asOf: number): Promise<string[]> => {
  const { definition } = query;
  const { funnel, stages } = plan;
  const from = createCalendar(definition.time_zone).dayOf(asOf - SILENT_DAYS * DAY_MS);
  const versions = versionsOf(query);
  const silentIn = async (read: ReadDays['rolledUp']): Promise<string[]> => {
    const rows = await read(stagesSeen, { ...journeyParamsOf(query, plan), from, to: LAST_DAY });
    const seen = new Set(
      rows.map(({ definition_version, bit }) => {
        const counted = versions.find((version) => version.definition.version === definition_version);
        return stagesOf(counted?.definition ?? definition, funnel)[bit];
      }),
    );
    return stages.filter((stage) => !seen.has(stage));
  };
  // What the rollups have seen, has been; the days on which they are behind are asked for the rest alone.
  const silent = await silentIn(days.rolledUp);
  return silent.length === 0 ? silent : silentIn(days);
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
  ...(plan.kept ? await silentStages(days, query, plan, asOf) : []).map((stage) => ({
    code: 'stage_without_events',
    message: `No event has matched stage ${stage} for ${SILENT_DAYS} days.`,
  })),
  ...(plan.kept
    ? []
    : [
        {
          code: 'computed_on_demand',
          message: `The store does not keep this funnel for these days, so it was computed from the events. Add ${plan.key} to its funnels to have it at once.`,
        },
      ]),
  ...(plan.breakdown === 'product' || plan.breakdown === 'category'
    ? [
        {
          code: 'overlapping',
          message: `A chain may start with several of ${plan.breakdown}: rows overlap and do not add up to the funnel.`,
        },
      ]
    : []),
];
