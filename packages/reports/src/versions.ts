import { type Definition, type DefinitionVersion, versionInForce } from '@cartledger/funnel';
import { ReportError } from './errors.ts';
import type { ReportQuery } from './query.ts';

/** Days that follow each other under one version. */
export type Stretch = { from: string; to: string; definition: Definition };

export const versionsOf = ({ versions, definition }: ReportQuery): readonly DefinitionVersion[] =>
  versions === undefined || versions.length === 0 ? [{ from: null, definition }] : versions;

const dayBefore = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);

/** The versions in force in the period, oldest days first. */
export const stretchesOf = (query: ReportQuery): Stretch[] => {
  const versions = versionsOf(query);
  const begins = new Set([query.from]);
  for (const { from } of versions) if (from !== null && query.from < from && from <= query.to) begins.add(from);
  const days = [...begins].sort((a, b) => (a < b ? -1 : 1));
  const stretches: Stretch[] = [];
  days.forEach((from, i) => {
    const next = days[i + 1];
    const to = next === undefined ? query.to : dayBefore(next);
    const definition = versionInForce(versions, from);
    const last = stretches.at(-1);
    if (last?.definition.version === definition.version) last.to = to;
    else stretches.push({ from, to, definition });
  });
  return stretches;
};

/** Numbers of the versions in force in the period, smallest first. */
export const versionNumbers = (query: ReportQuery): number[] =>
  [...new Set(stretchesOf(query).map(({ definition }) => definition.version))].sort((a, b) => a - b);

/** The version that was asked for by number; null when none was. */
export const askedVersion = (query: ReportQuery): Definition | null => {
  if (query.definition_version === undefined) return null;
  const versions = versionsOf(query);
  const asked = versions.find(({ definition }) => definition.version === query.definition_version);
  if (asked) return asked.definition;
  const known = versions.map(({ definition }) => definition.version).join(', ');
  throw new ReportError(
    'no_such_version',
    'definition_version',
    `definition_version is ${query.definition_version}; the store has ${known}`,
  );
};

/** Throws ReportError `bad_definition_version` where one was asked for of what is not a funnel. */
export const refuseVersion = ({ definition_version }: ReportQuery): void => {
  if (definition_version === undefined) return;
  throw new ReportError(
    'bad_definition_version',
    'definition_version',
    `definition_version is ${definition_version}: carts keep the version of the day they were opened, and only funnels ` +
      'can be counted by one version; leave it out',
  );
};

/** Stretches in words: `version 1 (2026-01-01 to 2026-01-14)`. */
export const inWords = (stretches: readonly Stretch[]): string =>
  stretches.map(({ from, to, definition }) => `version ${definition.version} (${from} to ${to})`).join(', ');
