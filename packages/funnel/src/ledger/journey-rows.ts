import {
  type Definition,
  FUNNEL_UNITS,
  type Funnel,
  type FunnelMode,
  type FunnelUnit,
  funnelKey,
  stagesOf,
} from '../definition.ts';
import type { Calendar } from './calendar.ts';
import type { ChainRules } from './chains.ts';
import { countedRows, neverBefore } from './counted-rows.ts';
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
  funnels: readonly { key: string; mode: FunnelMode; rules: ChainRules }[];
  dimensionsOf: ReturnType<typeof createDimensions>;
};

type JourneyRules = {
  /** Every version there is, each once. */
  versions: readonly Definition[];
  inForce: InForce;
  tie_tolerance_ms: number;
};

const planOf = (
  definition: Definition,
  unit: FunnelUnit,
  dimensionsOf: Plan['dimensionsOf'],
  tie_tolerance_ms: number,
): Plan => {
  const stages = createStages(stagesOf(definition, { unit }), definition.stage_predicates);
  const rulesOf = ({ window_ms }: Funnel): ChainRules => ({ stages: stages.count, window_ms, tie_tolerance_ms });
  const funnels = definition.funnels
    .filter((funnel) => funnel.unit === unit)
    .map((funnel) => ({ key: funnelKey(funnel), mode: funnel.mode, rules: rulesOf(funnel) }));
  return { definition, stages, funnels, dimensionsOf };
};

/** Says of each row of one unit's funnel when a period counts it. */
const markCounted = (rows: JourneyRow[]): void => {
  if (rows.length === 1) return;
  rows.sort((a, b) => compareUtf8(a.day, b.day));
  countedRows(rows).forEach(({ counted_after, counted_before, any_after }, i) => {
    const row = rows[i];
    if (!row) return;
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

  const rowsOf = (unit: Unit, { definition, stages, funnels, dimensionsOf }: Plan): JourneyRow[][] => {
    const { node, unit_id, visitor_id, entries, orders, day, excluded } = unit;
    const steps = stepsOf(entries, orders, stages);
    if (steps.length === 0) return [];
    const isOurs = versions.length > 1 ? (name: string) => inForce(name) === definition : undefined;
    const dayOf = (step: Step) => day ?? days.dayOf(step.time);
    return funnels.map(({ key, mode, rules }) =>
      journeyDays(steps, mode, rules, dayOf, isOurs).map(
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
          any_after: neverBefore(journey.any),
          dimensions: journey.start ? dimensionsOf(journey.start.of) : [],
          excluded,
        }),
      ),
    );
  };

  const collectUnit = (unit: Unit, plans: readonly Plan[]): void => {
    const made = plans.flatMap((plan) => rowsOf(unit, plan));
    // Several versions may have made rows of one funnel.
    const byFunnel = plans.length > 1 ? Map.groupBy(made.flat(), (row) => row.funnel).values() : made;
    for (const ofFunnel of byFunnel) {
      markCounted(ofFunnel);
      for (const row of ofFunnel) rows.push(row);
    }
  };

  const readers = new Map(
    versions.map((definition) => [definition, createDimensions(passed.history, definition.breakdown_properties)]),
  );
  for (const kind of FUNNEL_UNITS) {
    const plans = [...readers]
      .map(([definition, dimensionsOf]) => planOf(definition, kind, dimensionsOf, tie_tolerance_ms))
      .filter(({ funnels }) => funnels.length > 0);
    if (plans.length === 0) continue;
    for (const unit of unitsOf(kind, passed, days)) collectUnit(unit, plansOf(unit, plans));
  }
  return rows;
};
