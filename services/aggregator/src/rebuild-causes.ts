/** What moves figures when a store is counted by another definition. */
import { isDeepStrictEqual } from 'node:util';
import type { Store } from '@cartledger/control';
import { type Definition, type DefinitionVersion, sameUnits, versionInForce } from '@cartledger/funnel';

/** As they were when a version was the newest. */
export const versionsUpTo = ({ versions }: Store, version: number): DefinitionVersion[] =>
  versions.filter(({ definition }) => definition.version <= version);

/** What of the newest version moves figures of all history, but what has a cause of its own. */
const OF_STORE = ['currency', 'tie_tolerance_ms', 'max_age_days'] as const;

const differ = (fields: readonly (keyof Definition)[], a: Definition, b: Definition): boolean =>
  fields.some((field) => !isDeepStrictEqual(a[field], b[field]));

/** `definition` on the days that another definition than before is in force on: all else that moves has its own cause. */
export const causesOf = (store: Store, version: number): ((day: string) => 'definition' | null) => {
  const before = versionsUpTo(store, version);
  const newest = before.at(-1);
  if (!newest || differ(OF_STORE, newest.definition, store.definition)) return () => 'definition';
  return (day) => (sameUnits(versionInForce(before, day), versionInForce(store.versions, day)) ? null : 'definition');
};
