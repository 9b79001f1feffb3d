import type { ClickHouse } from '@cartledger/clickhouse';
import type { FunnelBreakdown, FunnelStage } from '@cartledger/funnel';
import type { ReportQuery } from '../query.ts';
import { readBreakdown } from './breakdown.ts';
import { funnelCounts } from './counts.ts';
import type { FunnelPlan } from './plan.ts';
import type { JourneyParams } from './predicates.ts';
import { foldStages } from './stages.ts';
import { funnelTimes } from './times.ts';

export type FunnelFigures = { stages: FunnelStage[]; breakdown?: FunnelBreakdown };

export const journeyParamsOf = ({ store_id, from, to }: ReportQuery, { key }: FunnelPlan): JourneyParams => ({
  store_id,
  funnel: key,
  from,
  to,
});

/** A funnel that the store keeps, from the ledger's rows. */
export const readFunnel = async (
  clickhouse: ClickHouse,
  query: ReportQuery,
  plan: FunnelPlan,
): Promise<FunnelFigures> => {
  const params = journeyParamsOf(query, plan);
  const { stages, breakdown: by } = plan;
  const timed = plan.funnel.mode === 'ordered' || plan.funnel.mode === 'strict';
  const [tallies, times, breakdown] = await Promise.all([
    clickhouse.query(funnelCounts, { ...params, stages: stages.length }),
    timed ? clickhouse.query(funnelTimes, params) : [],
    by === null ? null : readBreakdown(clickhouse, params, { by, stages, limit: query.breakdown_values }),
  ]);
  return { stages: foldStages(stages, tallies, times), ...(breakdown && { breakdown }) };
};
