import { OTHER_VALUES, stageNames } from '@cartledger/funnel';
import { HAS_VALUE, SLOTS } from '../funnel/breakdown.ts';
import type { FunnelPlan } from '../funnel/plan.ts';
import { anyOf, dropped, reached } from '../funnel/predicates.ts';
import { journeyParamsOf } from '../funnel/report.ts';
import type { ReportQuery } from '../query.ts';
import { type Asked, badFigure, type Figure, normalise, oneOf } from './figure.ts';

const STAGE = '{stage:UInt8}';
const FIGURES = { units: reached(STAGE), units_any: anyOf(STAGE), dropped: dropped(STAGE) } as const;
type Name = keyof typeof FIGURES;
const NAMES = Object.keys(FIGURES) as Name[];

/** Which figure of which stage. */
export type FunnelFigure = { figure: Name; stage: number };
export type FunnelFigureAsked = {
  sql: Figure;
  asked: FunnelFigure;
  value: string | null;
  /** The values listed, when the value stands for all others. */
  listed: readonly string[] | null;
};

/** `stage=S[,figure=units|units_any|dropped][,value=V]` */
export const funnelFigure = async (
  query: ReportQuery,
  plan: FunnelPlan,
  given: Asked,
  listedValues: () => Promise<{ listed: readonly string[]; more: boolean }>,
): Promise<FunnelFigureAsked> => {
  const asked = new Map(given);
  if (!asked.has('figure')) asked.set('figure', 'units');
  const of = normalise(asked, ['stage', 'figure', 'value']);
  const names = stageNames(plan.stages);
  const stage = names.indexOf(oneOf(asked, 'stage', names));
  const figure = oneOf(asked, 'figure', NAMES) as Name;
  const value = asked.get('value') ?? null;
  const { breakdown: by } = plan;
  if (value !== null && by === null) throw badFigure('value', value, 'it needs the breakdown it is a value of');
  const { listed, more } = value === OTHER_VALUES ? await listedValues() : { listed: [], more: false };
  // A value that is called as all others together is meant where it is listed.
  const others = more && !listed.includes(OTHER_VALUES);
  const among = value === null ? '' : ` AND ${others ? `has(${SLOTS}, 0)` : HAS_VALUE}`;
  const values = value === null ? {} : { by, ...(others ? { listed } : { value }) };
  return {
    sql: {
      of,
      unit: plan.funnel.unit,
      currency: null,
      parts: [{ source: 'journeys', where: `${FIGURES[figure]}${among}`, amount: null }],
      params: { ...journeyParamsOf(query, plan), stages: plan.stages.length, stage, ...values },
    },
    asked: { figure, stage },
    value,
    listed: others ? listed : null,
  };
};
