import { type Definition, type DefinitionVersion, stretchesInForce, versionInForce } from '@cartledger/funnel';
import type { StoreAnswer } from '../stores.ts';
import { changesBetween } from './changes.ts';
import { inForce } from './print.ts';

/** Fields that hold for all history, whatever day a version is in force from. */
const FOR_ALL_HISTORY = /^(time_zone|currency|tie_tolerance|max_age_days|retention_days|targets|bots|fx_source)\b/;

const dayBefore = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);

/** `from` is the first day, `next` the first one after. */
const daysOf = (from: string | null, next: string | null): string => {
  if (from === null) return next === null ? 'for all history' : `before ${next}`;
  return next === null ? `from ${from}` : `from ${from} to ${dayBefore(next)}`;
};

const unitChanges = (before: Definition, after: Definition): string[] =>
  changesBetween(before, after).filter((line) => !FOR_ALL_HISTORY.test(line));

/** What differs between two answers about a store, by the days on which it does: `from 2026-11-01: idle: 30m -> 20m`. */
export const setChanges = (before: StoreAnswer, after: StoreAnswer): string[] => {
  const begins = [before, after].flatMap(({ versions }) =>
    stretchesInForce(versions).flatMap(({ from }) => from ?? []),
  );
  const stretches: { from: string | null; lines: string[] }[] = [];
  for (const from of [null, ...[...new Set(begins)].sort((a, b) => (a < b ? -1 : 1))]) {
    const day = from ?? '';
    const lines = unitChanges(versionInForce(before.versions, day), versionInForce(after.versions, day));
    if (stretches.at(-1)?.lines.join('\n') !== lines.join('\n')) stretches.push({ from, lines });
  }
  const ofAll = changesBetween(before.definition, after.definition).filter((line) => FOR_ALL_HISTORY.test(line));
  return [
    ...ofAll.map((line) => `for all history: ${line}`),
    ...stretches.flatMap(({ from, lines }, i) =>
      lines.map((line) => `${daysOf(from, stretches[i + 1]?.from ?? null)}: ${line}`),
    ),
  ];
};

/** The versions that were made, in words: `version 3, in force before 2026-11-01, and version 4, in force from ...`. */
export const versionsMade = (before: StoreAnswer, { versions }: StoreAnswer): string => {
  const stretches = stretchesInForce(versions);
  const days = ({ from, definition: { version } }: DefinitionVersion): string => {
    const i = stretches.findIndex(({ definition }) => definition.version === version);
    const next = stretches[i + 1]?.from ?? null;
    return i === -1 || next === null ? inForce(from) : daysOf(from, next);
  };
  return versions
    .filter(({ definition }) => definition.version > before.definition.version)
    .map((made) => `version ${made.definition.version} of its definition, in force ${days(made)}`)
    .join(', and ');
};
