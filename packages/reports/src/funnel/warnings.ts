import { createCalendar, DAY_MS, funnelKey, type ReportHead, stagesOf } from '@cartledger/funnel';
import type { ReadDays } from '../days/query.ts';
import type { ReportQuery } from '../query.ts';
import { ALL_DAYS } from '../state.ts';
import { stretchesOf } from '../versions.ts';
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

/** Where a definition has brought or taken a stage, nothing is known of it on other days: the days that are counted with it. */
const countedDays = (stage: string, { query, plan }: Read): string => {
  if (!plan.kept) return '';
  const all = stretchesOf({ ...query, ...ALL_DAYS });
  const having = all.filter(
    ({ definition }) =>
      definition.funnels.some((funnel) => funnelKey(funnel) === plan.key) &&
      stagesOf(definition, plan.funnel).includes(stage),
  );
  if (having.length === all.length) return '';
  const words = having.map(({ from, to }) => {
    if (from === ALL_DAYS.from) return `until ${to}`;
    return to === ALL_DAYS.to ? `from ${from} on` : `${from} to ${to}`;
  });
  return `, of the days that are counted with it (${words.join(', ')})`;
};

/** What is counted on demand knows only the events that retention has left; rollups stay. */
const neverSeen = (stage: string, read: Read): string => {
  const days = countedDays(stage, read);
  if (days !== '') return `No event has matched stage ${stage}${days}.`;
  return read.plan.kept || read.keptFrom <= KEPT_ALL
    ? `No event has ever matched stage ${stage}.`
    : `No event has matched stage ${stage} in what is kept, from ${read.keptFrom}.`;
};

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
          : `No event has matched stage ${stage} for ${SILENT_DAYS} days: the last did on ${since}${countedDays(stage, read)}.`,
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
