/** Which version of the definition counts what (definitions.md 8). */
import type { Definition, DefinitionVersion, Funnel } from '../definition.ts';
import type { VersionConflict } from '../reports/index.ts';
import { compareText } from './ordering.ts';

/** The version in force on a local day: of those that have begun the highest, and before the first the lowest. */
export const definitionOn = (versions: readonly DefinitionVersion[], day: string): Definition => {
  const byNumber = versions.toSorted((a, b) => a.definition.version - b.definition.version);
  const begun = byNumber.filter(({ from }) => from === null || from <= day);
  const inForce = begun.at(-1) ?? byNumber[0];
  if (inForce === undefined) throw new Error('a store has at least one version of its definition');
  return inForce.definition;
};

export const definitionNumbered = (versions: readonly DefinitionVersion[], version: number): Definition => {
  const found = versions.find(({ definition }) => definition.version === version);
  if (found === undefined) throw new Error(`the store has no version ${version} of its definition`);
  return found.definition;
};

export const keepsFunnel = (definition: Pick<Definition, 'funnels'>, { unit, mode, window_ms }: Funnel): boolean =>
  definition.funnels.some((f) => f.unit === unit && f.mode === mode && f.window_ms === window_ms);

/** Runs of days of the period on which one version is in force. */
const runsOf = (versions: readonly DefinitionVersion[], from: string, to: string) => {
  const begins = versions.flatMap((version) => version.from ?? []).filter((day) => from < day && day <= to);
  const firstDays = [...new Set([from, ...begins])].sort(compareText);
  const runs: { definition: Definition; from: string; to: string }[] = [];
  firstDays.forEach((day, i) => {
    const definition = definitionOn(versions, day);
    const next = firstDays[i + 1];
    const last = runs.at(-1);
    const lastDay = next === undefined ? to : dayBefore(next);
    if (last?.definition === definition) last.to = lastDay;
    else runs.push({ definition, from: day, to: lastDay });
  });
  return runs;
};

/** What makes two versions count a funnel differently. */
const stagesAndPredicates = ({ stages, stage_predicates }: Definition): string =>
  JSON.stringify(stages.map((stage) => [stage, stage_predicates[stage] ?? null]));

/** The one way in which all days of the period count the funnel; else the runs of days that do not agree. */
export const countedAlike = (
  versions: readonly DefinitionVersion[],
  funnel: Funnel,
  from: string,
  to: string,
): { definition: Definition; conflict: null } | { definition: null; conflict: VersionConflict } => {
  const runs = runsOf(versions, from, to);
  const [first] = runs;
  const alike =
    new Set(runs.map((run) => stagesAndPredicates(run.definition))).size === 1 &&
    runs.every((run) => keepsFunnel(run.definition, funnel));
  if (first !== undefined && alike) return { definition: first.definition, conflict: null };
  return { definition: null, conflict: conflictOf(runs) };
};

const conflictOf = (runs: ReturnType<typeof runsOf>): VersionConflict => ({
  versions: runs.map((run) => ({ version: run.definition.version, from: run.from, to: run.to })),
});

const isSame = (a: Funnel, b: Funnel): boolean => a.unit === b.unit && a.mode === b.mode && a.window_ms === b.window_ms;

/** The default funnel of the days of the period, and how they count it; refused where their versions have several. */
export const defaultFunnelOf = (
  versions: readonly DefinitionVersion[],
  from: string,
  to: string,
): { funnel: Funnel } & ReturnType<typeof countedAlike> => {
  const runs = runsOf(versions, from, to);
  const [first, ...others] = runs.flatMap((run) => run.definition.funnels[0] ?? []);
  if (first === undefined) throw new Error('a definition has at least one funnel');
  const alike = countedAlike(versions, first, from, to);
  if (others.every((funnel) => isSame(funnel, first))) return { funnel: first, ...alike };
  return { funnel: first, definition: null, conflict: conflictOf(runs) };
};

/** The calendar day so many days from another; dates only, no zone. */
export const dayPlus = (day: string, days: number): string => {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
};

const dayBefore = (day: string): string => dayPlus(day, -1);
