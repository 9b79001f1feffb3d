import type { ClickHouse } from '@cartledger/clickhouse';
import type { FunnelBreakdown, FunnelStage } from '@cartledger/funnel';
import type { ReadDays } from '../days/query.ts';
import type { ReportQuery } from '../query.ts';
import { readBreakdown } from './breakdown.ts';
import { funnelCounts } from './counts.ts';
import type { FunnelPlan } from './plan.ts';
import type { JourneyParams } from './predicates.ts';
import { foldStages, type Tally } from './stages.ts';

export type FunnelFigures = { stages: FunnelStage[]; breakdown?: FunnelBreakdown };

export const journeyParamsOf = (
  { store_id, from, to, definition }: ReportQuery,
  { key }: FunnelPlan,
): JourneyParams => ({
  store_id,
  funnel: key,
  from,
  to,
  newest: definition.version,
});

/** A funnel that the store keeps, from the ledger's rows. */
export const readFunnel = async (
  { clickhouse, days }: { clickhouse: ClickHouse; days: ReadDays },
  query: ReportQuery,
  plan: FunnelPlan,
): Promise<FunnelFigures> => {
  const params = journeyParamsOf(query, plan);
  const { stages, breakdown: by } = plan;
  const hasTimes = plan.funnel.mode === 'ordered' || plan.funnel.mode === 'strict';
  const with_times = hasTimes && query.only !== 'counts';
  const [cells, breakdown] = await Promise.all([
    days(funnelCounts, { ...params, with_times }),
    by === null ? null : readBreakdown(clickhouse, params, { by, stages, limit: query.breakdown_values }),
  ]);
  const tallies = cells
    .filter(({ part }) => part !== 'times')
    .map(
      ({ part, bits, units }): Tally =>
        part === 'chain'
          ? { bits, units, units_any: [] }
          : { bits: 0, units: 0, units_any: stages.map((_, k) => (k === bits ? units : 0)) },
    );
  const times = cells
    .filter(({ part, timed }) => part === 'times' && timed)
    .map(({ bits, median, p90 }) => ({ step: bits, median, p90 }));
  return { stages: foldStages(stages, tallies, times), ...(breakdown && { breakdown }) };
};
