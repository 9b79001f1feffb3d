/** The funnel report (definitions.md 5). */
import type { Definition, DefinitionVersion, Funnel } from '../definition.ts';
import type { InPeriod } from './days.ts';
import type { FunnelCounts } from './funnel-counts.ts';
import { depthOf, type Journey, journeysOf } from './journeys.ts';
import { type History, hitsOf, stagesFor, type Unit, unitsOf } from './units.ts';
import { definitionOn, keepsFunnel } from './versions.ts';

/** A unit's local day on which it had an event of any stage. */
export type UnitDay = { day: string; any: ReadonlySet<number>; journey: Journey | null; definition: Definition };
/** A unit and its days, in order. */
export type UnitDays = { unit: Unit; days: readonly UnitDay[] };

/** Every unit's days, each counted by the version in force on it; none where that version keeps no such funnel. */
export const unitDaysOf = (
  funnel: Funnel,
  versions: readonly DefinitionVersion[],
  tieToleranceMs: number,
  history: History,
): UnitDays[] => {
  const definitions = [...new Set(versions.map(({ definition }) => definition))].filter((definition) =>
    keepsFunnel(definition, funnel),
  );
  return unitsOf(funnel.unit, history).map((unit) => {
    const days = definitions.flatMap((definition): UnitDay[] => {
      const stages = stagesFor(funnel.unit, definition.stages);
      const hits = hitsOf(unit, stages, definition, history.sessions);
      const matching = { stageCount: stages.length, windowMs: funnel.window_ms, tieToleranceMs };
      const journeyOn = new Map(journeysOf(hits, funnel.mode, matching).map((journey) => [journey.day, journey]));
      return [...Map.groupBy(hits, (hit) => hit.day)]
        .filter(([day]) => definitionOn(versions, day) === definition)
        .map(([day, ofDay]) => ({
          day,
          any: new Set(ofDay.flatMap((hit) => [...hit.stages])),
          journey: journeyOn.get(day) ?? null,
          definition,
        }));
    });
    return { unit, days: days.sort((a, b) => (a.day < b.day ? -1 : 1)) };
  });
};

/** A period counts each unit once, at its furthest journey, ties to the earliest day; undefined without one. */
export const countedDay = ({ days }: UnitDays, inPeriod: InPeriod): (UnitDay & { journey: Journey }) | undefined =>
  days
    .flatMap((day) => (day.journey !== null && inPeriod(day.day) ? { ...day, journey: day.journey } : []))
    .toSorted((a, b) => depthOf(b.journey) - depthOf(a.journey) || (a.day < b.day ? -1 : 1))[0];

/** The first day of the period with an event of the stage. */
export const firstDayWith = ({ days }: UnitDays, k: number, inPeriod: InPeriod): UnitDay | undefined =>
  days.find((day) => inPeriod(day.day) && day.any.has(k));

export const countFunnel = (unitDays: readonly UnitDays[], stageCount: number, inPeriod: InPeriod): FunnelCounts => {
  const counted = unitDays.flatMap((unit) => countedDay(unit, inPeriod)?.journey ?? []);
  const ofEachStage = <T>(figure: (k: number) => T): T[] => Array.from({ length: stageCount }, (_, k) => figure(k));
  return {
    units: ofEachStage((k) => counted.filter((j) => j.reached[k]).length),
    both: ofEachStage((k) => counted.filter((j) => j.reached[k - 1] && j.reached[k]).length),
    any: ofEachStage((k) => unitDays.filter((unit) => firstDayWith(unit, k, inPeriod) !== undefined).length),
    times: ofEachStage((k) => counted.flatMap((j) => timeToNext(j, k) ?? [])),
  };
};

const timeToNext = (journey: Journey, k: number): number | null => {
  const from = journey.times?.[k];
  const to = journey.times?.[k + 1];
  return from === undefined || to === undefined ? null : to - from;
};
