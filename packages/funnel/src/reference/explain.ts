/** What is behind one figure of a report: the units, carts, orders or refunds, each with its share. */
import { type Funnel, type RefundsOn, stageNames } from '../definition.ts';
import { DEFAULT_BREAKDOWN_VALUES, type Explanation, OTHER_VALUES } from '../reports/index.ts';
import { breakdownOf, cellsOf, firstSessions, valuesOf } from './breakdown.ts';
import { explainAbandonment } from './explain-abandonment.ts';
import { explainRevenue } from './explain-revenue.ts';
import { type Behind, type Figure, hasOnly, parseFigure } from './figure.ts';
import { countedDay, firstDayWith, type UnitDay, type UnitDays } from './funnel.ts';
import { type FunnelLook, type Look, lookAt, type ReferenceInput } from './look.ts';
import { compareText } from './ordering.ts';
import { keepsFunnel } from './versions.ts';

export type ReferenceExplanation = Pick<Explanation, 'unit' | 'count'> & {
  /** Sum of the rows' amounts; null for counts. */
  amount: bigint | null;
  /** By id; rows whose share of an amount is 0 are left out. */
  rows: { id: string; amount: bigint | null }[];
};

export type ExplainInput = ReferenceInput & {
  /** Of the `funnels` the one whose figures are explained; default: the first. */
  funnel?: Funnel;
  /** Of revenue: the day its refunds count on; default: their own. */
  refundsOn?: RefundsOn;
};

/**
 * @param figure report and figure: `funnel stage=checkout,figure=dropped`, `abandonment reason=none,currency=EUR`,
 *   `revenue currency=EUR,line=tax`. A funnel's `value=` is one of the input's breakdown.
 */
export const explainReference = (input: ExplainInput, figure: string): ReferenceExplanation =>
  createExplainer(input)(figure);

/** The same for many figures of one history. */
export const createExplainer = (input: ExplainInput): ((figure: string) => ReferenceExplanation) => {
  const look = lookAt(input);
  return (figure) => {
    const space = figure.indexOf(' ');
    const of = parseFigure(figure.slice(space + 1));
    const { unit, rows } = REPORTS[figure.slice(0, space)]?.(of, look, input) ?? unknown(figure);
    const shown = rows.filter((row) => row.amount !== 0n).toSorted((a, b) => compareText(a.id, b.id));
    const sum = shown.reduce((total, row) => total + (row.amount ?? 0n), 0n);
    return { unit, count: shown.length, amount: isAmount(of) ? sum : null, rows: shown };
  };
};

/** Also when no row is left to tell. */
const isAmount = (of: Figure): boolean =>
  of.has('currency') &&
  !(of.has('stage') && of.get('figure') === 'carts') &&
  !COUNTED_ORDERS.has(of.get('orders') ?? '');
const COUNTED_ORDERS = new Set(['count', 'without_cart']);

type Explain = (of: Figure, look: Look, input: ExplainInput) => Behind | undefined;

const explainFunnel: Explain = (of, look, input) => {
  const { funnel } = input;
  const asked = look.funnels.find((each) => funnel === undefined || keepsFunnel({ funnels: [funnel] }, each.funnel));
  if (asked === undefined || asked.conflict !== null) throw new Error('this period has no such funnel');
  const k = stageNames(asked.stages).indexOf(of.get('stage') ?? '');
  if (k === -1 || !hasOnly(of, 'stage', 'figure', 'value')) return undefined;
  const dayBehind = DAYS_BEHIND[of.get('figure') ?? 'units'];
  if (dayBehind === undefined) return undefined;

  const value = of.get('value');
  const hasValue = value === undefined ? () => true : createHasValue(value, asked, look, input);
  const units = asked.unitDays.filter((unit) => {
    const day = dayBehind(unit, k, look, asked);
    return day !== undefined && hasValue(day);
  });
  return { unit: asked.funnel.unit, rows: units.map(({ unit }) => ({ id: unit.id, amount: null })) };
};

/** The day by which a unit is in the figure; undefined when it is not. */
type DayBehind = (unit: UnitDays, k: number, look: Look, funnel: FunnelLook) => UnitDay | undefined;

const DAYS_BEHIND: Record<string, DayBehind> = {
  units: (unit, k, { inPeriod }) => {
    const counted = countedDay(unit, inPeriod);
    return counted?.journey.reached[k] ? counted : undefined;
  },
  units_any: (unit, k, { inPeriod }) => firstDayWith(unit, k, inPeriod),
  dropped: (unit, k, { inPeriod }, { stages }) => {
    const counted = countedDay(unit, inPeriod);
    const isLast = k === stages.length - 1;
    return counted?.journey.reached[k] && !counted.journey.reached[k + 1] && !isLast ? counted : undefined;
  },
};

const createHasValue = (
  value: string,
  { unitDays, stages }: FunnelLook,
  { world, inPeriod }: Look,
  { breakdown: by, breakdownValues = DEFAULT_BREAKDOWN_VALUES }: ReferenceInput,
): ((day: UnitDay) => boolean) => {
  if (by === undefined) throw new Error('a value is explained with the breakdown it stands in');
  const firstOf = firstSessions(world.history.events, world.history.sessions);
  const valuesOn = (day: UnitDay): string[] => valuesOf(day, by, firstOf);
  if (value !== OTHER_VALUES) return (day) => valuesOn(day).includes(value);
  const cells = cellsOf(unitDays, stages.length, inPeriod, valuesOn);
  // The last one is `other` itself, if there is one.
  const listed = breakdownOf(by, stages, cells, breakdownValues).values.slice(0, breakdownValues);
  const names = new Set(listed.map((each) => each.value));
  return (day) => valuesOn(day).some((each) => !names.has(each));
};

const REPORTS: Record<string, Explain> = {
  funnel: explainFunnel,
  abandonment: (of, { period }) => explainAbandonment(of, period.carts),
  revenue: (of, { period, byOrderDay }, { refundsOn }) =>
    explainRevenue(of, refundsOn === 'order' ? byOrderDay : period),
};

const unknown = (figure: string): never => {
  throw new Error(`"${figure}" is no figure of a report`);
};
