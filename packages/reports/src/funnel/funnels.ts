import type { ClickHouse } from '@cartledger/clickhouse';
import { NEVER_AFTER, NEVER_BEFORE, stagesOf } from '@cartledger/funnel';
import type { ReadDays } from '../days/query.ts';
import { leads } from '../pipeline/queries.ts';
import type { ReportQuery } from '../query.ts';
import { versionsOf } from '../versions.ts';
import { stagesSeen } from './counts.ts';
import type { LastSeen } from './fold-rows.ts';
import type { OnDemand } from './on-demand.ts';
import type { FunnelPlan } from './plan.ts';
import { type FunnelFigures, journeyParamsOf, readFunnel } from './report.ts';

/** What is answered then reads or repeats the figures, as often as the report is read. */
export type PreparedFunnel = {
  /** `leads`: visitors with an event of any of the stages in the period; asked for apart, because no row knows it by itself. */
  figures(days: ReadDays): Promise<FunnelFigures & { leads: () => Promise<number> }>;
  /** As far as `read` sees, where the store keeps the funnel. */
  lastSeen(read: ReadDays['rolledUp']): Promise<LastSeen>;
};

export type Funnels = {
  /** Computes a funnel that the store does not keep, for it takes long. */
  prepare(query: ReportQuery, plan: FunnelPlan, signal?: AbortSignal): Promise<PreparedFunnel>;
};

const readLastSeen = async (read: ReadDays['rolledUp'], query: ReportQuery, plan: FunnelPlan): Promise<LastSeen> => {
  const rows = await read(stagesSeen, { ...journeyParamsOf(query, plan), from: NEVER_BEFORE, to: NEVER_AFTER });
  const versions = versionsOf(query);
  const lastSeen = new Map<string, string>();
  for (const { definition_version, bit, last_day } of rows) {
    const counted = versions.find((version) => version.definition.version === definition_version);
    const stage = stagesOf(counted?.definition ?? query.definition, plan.funnel)[bit];
    if (stage !== undefined && last_day > (lastSeen.get(stage) ?? '')) lastSeen.set(stage, last_day);
  }
  return lastSeen;
};

export const createFunnels = ({ clickhouse, onDemand }: { clickhouse: ClickHouse; onDemand: OnDemand }): Funnels => ({
  prepare: async (query, plan, signal) => {
    if (!plan.kept) {
      const { leads, lastSeen, ...figures } = await onDemand.figures(query, plan, signal);
      return { figures: async () => ({ ...figures, leads: async () => leads }), lastSeen: async () => lastSeen };
    }
    const readLeads = async (): Promise<number> => {
      const [row] = await clickhouse.query(leads, journeyParamsOf(query, plan));
      return row?.leads ?? 0;
    };
    return {
      figures: async (days) => ({ ...(await readFunnel({ clickhouse, days }, query, plan)), leads: readLeads }),
      lastSeen: (read) => readLastSeen(read, query, plan),
    };
  },
});
