import { differences } from './compare.ts';
import { type Definition, type DefinitionVersion, versionInForce } from './definition.ts';

/** What describes a unit, and so may differ from day to day; everything else of the newest version is for all history. */
export const UNIT_FIELDS = [
  'stages',
  'stage_predicates',
  'funnels',
  'breakdown_properties',
  'idle_ms',
  'abandon_ms',
  'recovery_ms',
] as const satisfies readonly (keyof Definition)[];

/** Read by reports, or at the door for events; no ledger row depends on them. */
const IN_NO_ROW: ReadonlySet<string> = new Set(['version', 'targets', 'fx_source', 'max_age_days', 'retention_days']);

const sameIn = (fields: readonly (keyof Definition)[], a: Definition, b: Definition): boolean =>
  fields.every((field) => differences(a[field], b[field]).length === 0);

export const sameUnits = (a: Definition, b: Definition): boolean => sameIn(UNIT_FIELDS, a, b);

const sameStore = (a: Definition, b: Definition): boolean => {
  const unit: readonly string[] = UNIT_FIELDS;
  const fields = Object.keys(b).filter((field) => !IN_NO_ROW.has(field) && !unit.includes(field));
  return sameIn(fields as (keyof Definition)[], a, b);
};

/**
 * Whether ledgers made when version `made` was the newest say what the newest of `versions` says, of units that begin
 * on `lastDay` or before: then a change (of targets, say, or from tomorrow on) makes nothing be counted anew.
 */
export const areCountedAlike = (versions: readonly DefinitionVersion[], made: number, lastDay: string): boolean => {
  const before = versions.filter(({ definition }) => definition.version <= made);
  const [was, is] = [before.at(-1)?.definition, versions.at(-1)?.definition];
  if (!was || !is || was.version !== made) return false;
  const begins = ['', ...versions.flatMap(({ from }) => (from !== null && from <= lastDay ? [from] : []))];
  return (
    sameStore(was, is) && begins.every((day) => sameUnits(versionInForce(before, day), versionInForce(versions, day)))
  );
};

/** For each version the first that describes units as it does: rows name that one, so that a version which only issues it anew changes no row. */
export const firstAlike = (versions: readonly DefinitionVersion[]): ReadonlyMap<number, number> =>
  new Map(
    versions.map(({ definition }) => [
      definition.version,
      versions.find((each) => sameUnits(each.definition, definition))?.definition.version ?? definition.version,
    ]),
  );
