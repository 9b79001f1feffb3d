import { type Definition, type DefinitionVersion, versionInForce } from '../definition.ts';

/** The version in force on a local day. */
export type InForce = (day: string) => Definition;

/** Looks each day up once: ledgers ask the same few days again and again. */
export const createInForce = (versions: readonly DefinitionVersion[]): InForce => {
  const [only] = versions;
  if (only && versions.length === 1) return () => only.definition;
  const byDay = new Map<string, Definition>();
  return (day) => {
    let definition = byDay.get(day);
    if (!definition) {
      definition = versionInForce(versions, day);
      byDay.set(day, definition);
    }
    return definition;
  };
};
