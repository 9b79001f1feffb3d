import type { ClickHouse } from '@cartledger/clickhouse';
import { OTHER_VALUES } from '@cartledger/funnel';
import { HAS_VALUE, listedValues, SLOTS } from '../funnel/breakdown.ts';
import type { FunnelPlan } from '../funnel/plan.ts';
import { anyOf, dropped, reached } from '../funnel/predicates.ts';
import { journeyParamsOf } from '../funnel/report.ts';
import type { ReportQuery } from '../query.ts';
import { type Asked, badFigure, type Figure, normalise, oneOf } from './figure.ts';

const STAGE = '{stage:UInt8}';
const FIGURES = { units: reached(STAGE), units_any: anyOf(STAGE), dropped: dropped(STAGE) } as const;
type FunnelFigure = keyof typeof FIGURES;
const NAMES = Object.keys(FIGURES) as FunnelFigure[];

/** `stage=S[,figure=units|units_any|dropped][,value=V]` */
export const funnelFigure = async (
  clickhouse: ClickHouse,
  query: ReportQuery,
  plan: FunnelPlan,
  given: Asked,
): Promise<Figure & { funnel: { stage: number; figure: FunnelFigure } }> => {
  const asked = new Map(given);
  if (!asked.has('figure')) asked.set('figure', 'units');
  const of = normalise(asked, ['stage', 'figure', 'value']);
  const stage = plan.stages.indexOf(oneOf(asked, 'stage', plan.stages));
  const figure = oneOf(asked, 'figure', NAMES) as FunnelFigure;
  const params = { ...journeyParamsOf(query, plan), stages: plan.stages.length, stage };
  const { unit } = plan.funnel;
  const where = FIGURES[figure];
  const value = asked.get('value');
  const funnel = { stage, figure };
  if (value === undefined)
    return { of, unit, currency: null, parts: [{ source: 'journeys', where, amount: null }], params, funnel };

  const { breakdown: by } = plan;
  if (by === null) throw badFigure('value', value, 'it needs the breakdown it is a value of');
  const { listed, more } = await listedValues(
    clickhouse,
    { ...journeyParamsOf(query, plan), by, stages: plan.stages.length },
    query.breakdown_values,
  );
  // A value that is called as all others together is meant where it is listed.
  const others = value === OTHER_VALUES && more && !listed.includes(value);
  const among = others ? `has(${SLOTS}, 0)` : HAS_VALUE;
  return {
    of,
    unit,
    currency: null,
    parts: [{ source: 'journeys', where: `${where} AND ${among}`, amount: null }],
    params: { ...params, by, ...(others ? { listed } : { value }) },
    funnel,
  };
};
