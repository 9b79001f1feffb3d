/** A funnel broken down by what the start of each unit's counted chain says (definitions.md 5). */
import type { Breakdown } from '../definition.ts';
import { type FunnelBreakdown, NO_VALUE, OTHER_VALUES } from '../reports/index.ts';
import type { InPeriod } from './days.ts';
import { countedDay, countFunnel, firstDayWith, type UnitDay, type UnitDays } from './funnel.ts';
import { addFunnelCounts, type FunnelCounts, funnelStages, noFunnelCounts } from './funnel-counts.ts';
import type { KeptEvent } from './kept.ts';
import { compareText } from './ordering.ts';
import type { Session } from './sessions.ts';

const MAX_CHARACTERS = 128;

/** A visitor's first session: that of his first event, `events` being in order. */
export const firstSessions = (
  events: readonly KeptEvent[],
  sessions: Map<KeptEvent, Session>,
): ReadonlyMap<string, Session | undefined> => new Map(events.toReversed().map((e) => [e.visitor_id, sessions.get(e)]));

/** The values of a day's journey, sorted, each once; NO_VALUE when there are none. */
export const valuesOf = (
  { journey, definition }: UnitDay,
  by: Breakdown,
  firstSession: ReadonlyMap<string, Session | undefined>,
): string[] => {
  if (journey === null) return [NO_VALUE];
  const { event, visitor_id, session } = journey.start;
  const said = (): unknown[] => {
    switch (by) {
      case 'source':
        return [event.campaign?.source];
      case 'campaign':
        return [event.campaign?.name];
      case 'device':
        return [event.device?.type];
      case 'country':
        return [event.device?.country];
      case 'visitor':
        return [firstSession.get(visitor_id) === session ? 'new' : 'returning'];
      case 'product':
        return (event.items ?? []).map((item) => item.product_id);
      case 'category':
        return (event.items ?? []).map((item) => item.category);
      default:
        return [propertyOf(event, by.slice('property:'.length), definition.breakdown_properties)];
    }
  };
  const values = said().flatMap((value) => {
    const text = textOf(value);
    return text === '' ? [] : [...text].slice(0, MAX_CHARACTERS).join('');
  });
  return values.length === 0 ? [NO_VALUE] : [...new Set(values)].sort(compareText);
};

/** Only what the version allows. */
const propertyOf = ({ properties = {} }: KeptEvent, name: string, allowed: readonly string[]): unknown =>
  allowed.includes(name) && Object.hasOwn(properties, name) ? properties[name] : undefined;

/** Strings as they are, numbers and booleans as JSON prints them; all else says nothing. */
const textOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? JSON.stringify(value) : '';
};

/** Units that stand under the same values, counted together: cells add up over units, also where values overlap. */
export type Cell = { values: readonly string[]; counts: FunnelCounts };

/**
 * Cuts the funnel into cells. A unit counts by the values of its counted day; at each stage's `any` by those of its
 * first day in the period with that stage's event.
 */
export const cellsOf = (
  unitDays: readonly UnitDays[],
  stageCount: number,
  inPeriod: InPeriod,
  values: (day: UnitDay) => string[],
): Cell[] => {
  const cells = new Map<string, Cell>();
  const add = (own: string, counts: FunnelCounts): void => {
    const cell = cells.get(own) ?? { values: JSON.parse(own), counts: noFunnelCounts(stageCount) };
    cells.set(own, { values: cell.values, counts: addFunnelCounts(cell.counts, counts) });
  };
  const nothing = noFunnelCounts(stageCount);
  for (const [own, units] of groupByValues(unitDays, (unit) => countedDay(unit, inPeriod), values)) {
    add(own, { ...countFunnel(units, stageCount, inPeriod), any: nothing.any });
  }
  for (let k = 0; k < stageCount; k++) {
    for (const [own, units] of groupByValues(unitDays, (unit) => firstDayWith(unit, k, inPeriod), values)) {
      add(own, { ...nothing, any: nothing.any.map((_, i) => (i === k ? units.length : 0)) });
    }
  }
  return [...cells.values()];
};

/** Units by the values of one of their days, as JSON; those without such a day are left out. */
const groupByValues = (
  unitDays: readonly UnitDays[],
  dayOfUnit: (unit: UnitDays) => UnitDay | undefined,
  values: (day: UnitDay) => string[],
): Map<string, UnitDays[]> =>
  Map.groupBy(
    unitDays.filter((unit) => dayOfUnit(unit) !== undefined),
    (unit) => {
      const day = dayOfUnit(unit);
      return JSON.stringify(day === undefined ? [] : values(day));
    },
  );

/** The `limit` largest values, by units at the first stage, then by value; what has any other value is `other`, once. */
export const breakdownOf = (
  by: Breakdown,
  stages: readonly string[],
  cells: readonly Cell[],
  limit: number,
): FunnelBreakdown => {
  const sumOf = (some: readonly Cell[]): FunnelCounts =>
    some.reduce((sum, { counts }) => addFunnelCounts(sum, counts), noFunnelCounts(stages.length));
  const ranked = [...new Set(cells.flatMap((cell) => cell.values))]
    .map((value) => ({ value, counts: sumOf(cells.filter((cell) => cell.values.includes(value))) }))
    .sort((a, b) => (b.counts.units[0] ?? 0) - (a.counts.units[0] ?? 0) || compareText(a.value, b.value));
  const listed = ranked.slice(0, limit);
  const names = new Set(listed.map(({ value }) => value));
  const rest = cells.filter((cell) => cell.values.some((value) => !names.has(value)));
  if (rest.length > 0) listed.push({ value: OTHER_VALUES, counts: sumOf(rest) });
  return {
    by,
    overlapping: by === 'product' || by === 'category',
    values: listed.map(({ value, counts }) => ({ value, stages: funnelStages(stages, counts) })),
  };
};

/** What breakdowns are made of, funnel by funnel; cells of parts of a history lie side by side. */
export type BreakdownFacts = { by: Breakdown; limit: number; cells: readonly (readonly Cell[])[] };

/** null for a funnel that is refused. */
export const breakdownsOf = (
  { by, limit, cells }: BreakdownFacts,
  funnels: readonly { stages: readonly string[]; conflict: unknown }[],
): (FunnelBreakdown | null)[] =>
  funnels.map(({ stages, conflict }, i) => (conflict === null ? breakdownOf(by, stages, cells[i] ?? [], limit) : null));
