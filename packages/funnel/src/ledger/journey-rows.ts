import { type Definition, FUNNEL_UNITS, type Funnel, type FunnelUnit, funnelKey, stagesOf } from '../definition.ts';
import type { Calendar } from './calendar.ts';
import { countedRows } from './counted-rows.ts';
import { createDimensions } from './dimensions.ts';
import { journeyDays } from './journeys.ts';
import { compareUtf8 } from './order-of-events.ts';
import { type JourneyRow, NEVER_AFTER, NEVER_BEFORE } from './rows.ts';
import { createStages, type Stages } from './stage-mask.ts';
import { type Step, stepsOf } from './steps.ts';
import { type Passed, type Unit, unitsOf } from './units.ts';
import type { InForce } from './versions.ts';

/** One version's funnels of one kind of unit. */
type Plan = {
  definition: Definition;
  stages: Stages;
  funnels: readonly { key: string; funnel: Funnel }[];
  dimensionsOf: ReturnType<typeof createDimensions>;
};

type JourneyRules = {
  /** Every version there is, each once. */
  versions: readonly Definition[];
  inForce: InForce;
  tie_tolerance_ms: number;
};

const planOf = (definition: Definition, unit: FunnelUnit, dimensionsOf: ReturnType<typeof createDimensions>): Plan => ({
  definition,
  dimensionsOf,
  stages: createStages(stagesOf(definition, { unit }), definition.stage_predicates),
  funnels: definition.funnels
    .filter((funnel) => funnel.unit === unit)
    .map((funnel) => ({ key: funnelKey(funnel), funnel })),
});

/** Says of each row of one unit's funnel when a period counts it. */
const markCounted = (rows: JourneyRow[]): void => {
  if (rows.length > 1) rows.sort((a, b) => compareUtf8(a.day, b.day));
  const counted = countedRows(rows);
  rows.forEach((row, i) => {
    const { counted_after = NEVER_BEFORE, counted_before = NEVER_AFTER, any_after = [] } = counted[i] ?? {};
    row.counted_after = counted_after;
    row.counted_before = counted_before;
    row.any_after = any_after;
  });
};

/**
 * The journeys of all units in the funnels of the version in force on each journey's day. A chain follows the stages
 * of the day it starts on, also over days on which others are in force.
 */
export const collectJourneys = (
  passed: Passed,
  days: Calendar,
  { versions, inForce, tie_tolerance_ms }: JourneyRules,
): JourneyRow[] => {
  const rows: JourneyRow[] = [];

  /** Those in force on any day of the unit. */
  const plansOf = ({ day, entries, orders }: Unit, plans: readonly Plan[]): readonly Plan[] => {
    if (versions.length === 1) return plans;
    if (day !== null) return plans.filter(({ definition }) => definition === inForce(day));
    const met = new Set<Definition>();
    for (const { time } of entries) met.add(inForce(days.dayOf(time)));
    for (const { ordered_at } of orders) met.add(inForce(days.dayOf(ordered_at)));
    return plans.filter(({ definition }) => met.has(definition));
  };

  const collectUnit = (unit: Unit, plans: readonly Plan[]): void => {
    const { node, unit_id, visitor_id, entries, orders, day, excluded } = unit;
    const byFunnel = new Map<string, JourneyRow[]>();
    for (const { definition, stages, funnels, dimensionsOf } of plans) {
      const steps = stepsOf(entries, orders, stages);
      if (steps.length === 0) continue;
      const isOurs = versions.length > 1 ? (name: string) => inForce(name) === definition : undefined;
      const dayOf = (step: Step) => day ?? days.dayOf(step.time);
      for (const { key, funnel } of funnels) {
        const rules = { stages: stages.count, window_ms: funnel.window_ms, tie_tolerance_ms };
        const made = journeyDays(steps, funnel.mode, rules, dayOf, isOurs).map(
          (journey): JourneyRow => ({
            kind: 'journey',
            node,
            unit_id,
            visitor_id,
            funnel: key,
            day: journey.day,
            hit: journey.hit,
            any: journey.any,
            started_at: journey.started_at,
            ms_to_next: journey.ms_to_next,
            definition_version: definition.version,
            counted_after: NEVER_BEFORE,
            counted_before: NEVER_AFTER,
            any_after: [],
            dimensions: journey.start ? dimensionsOf(journey.start.of) : [],
            excluded,
          }),
        );
        byFunnel.set(key, [...(byFunnel.get(key) ?? []), ...made]);
      }
    }
    for (const made of byFunnel.values()) {
      markCounted(made);
      for (const row of made) rows.push(row);
    }
  };

  const readers = new Map(
    versions.map((definition) => [definition, createDimensions(passed.history, definition.breakdown_properties)]),
  );
  for (const kind of FUNNEL_UNITS) {
    const plans = [...readers]
      .map(([definition, dimensionsOf]) => planOf(definition, kind, dimensionsOf))
      .filter(({ funnels }) => funnels.length > 0);
    if (plans.length === 0) continue;
    for (const unit of unitsOf(kind, passed, days)) collectUnit(unit, plansOf(unit, plans));
  }
  return rows;
};
