import { type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import { createCalendar, DAY_MS, type ReportHead } from '@cartledger/funnel';
import { z } from 'zod';
import type { ReportQuery } from '../query.ts';
import type { FunnelPlan } from './plan.ts';

const SILENT_DAYS = 30;

const stagesSeen = defineQuery({
  name: 'stages_seen',
  sql: `
    SELECT groupBitOr(any) AS seen
    FROM journeys
    WHERE store_id = {store_id:String} AND funnel = {funnel:String} AND day >= {since:Date32}`,
  params: z.object({ store_id: z.string(), funnel: z.string(), since: z.string() }),
  row: z.object({ seen: z.coerce.number() }),
});

/** A stage that no event has matched for 30 days is most likely named wrong or not sent. */
const silentStages = async (
  clickhouse: ClickHouse,
  { store_id, definition }: ReportQuery,
  { key, stages }: FunnelPlan,
  asOf: number,
): Promise<string[]> => {
  const since = createCalendar(definition.time_zone).dayOf(asOf - SILENT_DAYS * DAY_MS);
  const [row] = await clickhouse.query(stagesSeen, { store_id, funnel: key, since });
  const seen = row?.seen ?? 0;
  return stages.filter((_, k) => ((seen >>> k) & 1) === 0);
};

export const funnelWarnings = async (
  clickhouse: ClickHouse,
  query: ReportQuery,
  plan: FunnelPlan,
  asOf: number,
): Promise<ReportHead['warnings']> => [
  ...plan.leftOut.map((stage) => ({
    code: 'stage_left_out',
    message: `Stage ${stage} is left out: carts begin with what is put in them.`,
  })),
  ...(plan.kept ? await silentStages(clickhouse, query, plan, asOf) : []).map((stage) => ({
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
