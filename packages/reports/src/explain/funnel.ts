import type { ClickHouse } from '@cartledger/clickhouse';
import { DEFAULT_BREAKDOWN_VALUES } from '@cartledger/funnel';
import { listedValues } from '../funnel/breakdown.ts';
import type { OnDemand } from '../funnel/on-demand.ts';
import type { FunnelPlan } from '../funnel/plan.ts';
import { journeyParamsOf } from '../funnel/report.ts';
import type { ReportQuery } from '../query.ts';
import type { Place } from './cursor.ts';
import { type Found, findRows } from './explain.ts';
import type { Asked, Figure } from './figure.ts';
import { funnelFigure } from './funnel-figures.ts';
import { createJourneyFinder } from './on-demand.ts';

type Finder = (asOf: number, after: Place, size: number) => Promise<Found>;

/**
 * What a figure of a funnel is, and how its rows are found: in the ledger, or among the journeys computed anew. The
 * latter is done once, however often the ledgers move meanwhile.
 */
export const createFunnelExplainer = (
  { clickhouse, onDemand }: { clickhouse: ClickHouse; onDemand: OnDemand },
  query: ReportQuery,
  plan: FunnelPlan,
  given: Asked,
  signal?: AbortSignal,
): (() => Promise<{ figure: Figure; finder: Finder }>) => {
  const { store_id, from, to } = query;
  const { breakdown: by } = plan;
  let computed: Promise<Found> | null = null;

  const listed = async (): Promise<{ listed: readonly string[]; more: boolean }> => {
    if (by === null) return { listed: [], more: false };
    if (plan.kept)
      return listedValues(
        clickhouse,
        { ...journeyParamsOf(query, plan), by, stages: plan.stages.length },
        query.breakdown_values,
      );
    const { breakdown } = await onDemand.figures(query, plan, signal);
    const values = (breakdown?.values ?? []).map(({ value }) => value);
    // All others together are listed last, and only when there are more values than asked for.
    const more = values.length > (query.breakdown_values ?? DEFAULT_BREAKDOWN_VALUES);
    return { listed: more ? values.slice(0, -1) : values, more };
  };

  return async () => {
    const asked = await funnelFigure(query, plan, given, listed);
    const figure = asked.sql;
    const [part] = figure.parts;
    if (plan.kept || !part)
      return {
        figure,
        finder: (as_of, after, size) => findRows(clickhouse, figure, { store_id, from, to, as_of }, after, size),
      };
    const compute = async (after: Place, size: number): Promise<Found> => {
      const finder = createJourneyFinder(query, plan, asked, part, after, size);
      await onDemand.journeys(query, plan, finder.take, signal);
      return finder.found();
    };
    const finder: Finder = (_, after, size) => {
      computed ??= compute(after, size);
      return computed;
    };
    return { figure, finder };
  };
};
