import { createCalendar, DAY_MS, type ReportHead } from '@cartledger/funnel';
import type { ReadDays } from '../days/query.ts';
import type { ReportQuery } from '../query.ts';
import type { PreparedFunnel } from './funnels.ts';
import { notKept } from './not-kept.ts';
import type { FunnelPlan } from './plan.ts';

const SILENT_DAYS = 30;
/** No store of which retention has removed something keeps days from there on. */
const KEPT_ALL = '1970-01-01';

/** A stage and the last day with an event that matched it, null when there never was one. */
type Silent = { stage: string; since: string | null };

/** What a report of a funnel is read by, and the time at which it stands. */
type Read = {
  days: ReadDays;
  query: ReportQuery;
  plan: FunnelPlan;
  prepared: PreparedFunnel;
  asOf: number;
  keptFrom: string;
};

/** A stage that no event has matched for 30 days is most likely named wrong or not sent. */
const silentStages = async ({ days, query, plan, prepared, asOf }: Read): Promise<Silent[]> => {
  const from = createCalendar(query.definition.time_zone).dayOf(asOf - SILENT_DAYS * DAY_MS);
  const silentIn = async (read: ReadDays['rolledUp']): Promise<Silent[]> => {
    const lastSeen = await prepared.lastSeen(read);
    return plan.stages
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

/** What is counted on demand knows only the events that retention has left; rollups stay. */
const neverSeen = (stage: string, { plan, keptFrom }: Read): string =>
  plan.kept || keptFrom <= KEPT_ALL
    ? `No event has ever matched stage ${stage}.`
    : `No event has matched stage ${stage} in what is kept, from ${keptFrom}.`;

export const funnelWarnings = async (read: Read): Promise<ReportHead['warnings']> => {
  const { plan } = read;
  return [
    ...plan.leftOut.map((stage) => ({
      code: 'stage_left_out',
      message: `Stage ${stage} is left out: carts begin with what is put in them.`,
    })),
    ...(await silentStages(read)).map(({ stage, since }) => ({
      code: 'stage_without_events',
      message:
        since === null
          ? neverSeen(stage, read)
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
};
