import type { ClickHouse } from '@cartledger/clickhouse';
import type { ReadDays } from '../days/query.ts';
import { leads } from '../pipeline/queries.ts';
import type { ReportQuery } from '../query.ts';
import type { OnDemand } from './on-demand.ts';
import type { FunnelPlan } from './plan.ts';
import { type FunnelFigures, journeyParamsOf, readFunnel } from './report.ts';

/** `leads`: visitors with an event of any of the stages in the period; asked for apart, because no row knows it by itself. */
type ReadFigures = (days: ReadDays) => Promise<FunnelFigures & { leads: () => Promise<number> }>;

export type Funnels = {
  /**
   * Computes a funnel that the store does not keep, for it takes long; what is answered then reads or repeats the
   * figures, as often as the report is read.
   */
  prepare(query: ReportQuery, plan: FunnelPlan, signal?: AbortSignal): Promise<ReadFigures>;
};

export const createFunnels = ({ clickhouse, onDemand }: { clickhouse: ClickHouse; onDemand: OnDemand }): Funnels => ({
  prepare: async (query, plan, signal) => {
    if (!plan.kept) {
      const { leads, ...figures } = await onDemand.figures(query, plan, signal);
      return async () => ({ ...figures, leads: async () => leads });
    }
    const readLeads = async (): Promise<number> => {
      const [row] = await clickhouse.query(leads, journeyParamsOf(query, plan));
      return row?.leads ?? 0;
    };
    return async (days) => ({ ...(await readFunnel({ clickhouse, days }, query, plan)), leads: readLeads });
  },
});
