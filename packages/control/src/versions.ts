import { isDeepStrictEqual } from 'node:util';
import { type Definition, type DefinitionVersion, versionInForce } from '@cartledger/funnel';
import { changeDefinition } from './definition.ts';
import { ControlError } from './error.ts';
import type { DefinitionInput } from './port.ts';

/** What describes a unit, and so may differ from day to day; everything else of the newest version is for all history. */
const UNIT_FIELDS = [
  'stages',
  'stage_predicates',
  'funnels',
  'breakdown_properties',
  'idle_ms',
  'abandon_ms',
  'recovery_ms',
] as const satisfies readonly (keyof Definition)[];

const sameUnits = (a: Definition, b: Definition): boolean =>
  UNIT_FIELDS.every((field) => isDeepStrictEqual(a[field], b[field]));

const isDay = (day: string): boolean => {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
};

/**
 * The version that a change makes, or null when it changes nothing. Of a change that touches no field of units the
 * newest version's day stays: such fields hold for all history anyway, and older versions of the others must not be lost.
 */
export const nextVersion = (
  versions: readonly DefinitionVersion[],
  change: DefinitionInput,
  from: string | null,
): DefinitionVersion | null => {
  const newest = versions.at(-1);
  if (!newest) throw new TypeError('a store has at least one version of its definition');
  if (from !== null && !isDay(from))
    throw new ControlError('bad_definition', `from is ${JSON.stringify(from)}: not a day, give it as YYYY-MM-DD.`, {
      field: 'from',
    });
  const made = changeDefinition(change, newest.definition);
  const definition = { ...made, version: newest.definition.version + 1 };
  if (!sameUnits(made, newest.definition)) return { from, definition };
  if (!isDeepStrictEqual(made, newest.definition)) return { from: newest.from, definition };
  if (UNIT_FIELDS.every((field) => change[field] === undefined)) return null;
  const first = from ?? '';
  const days = [first, ...versions.flatMap((v) => (v.from !== null && v.from > first ? [v.from] : []))];
  const already = days.every((day) => sameUnits(versionInForce(versions, day), made));
  return already ? null : { from, definition };
};
