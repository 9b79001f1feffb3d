import { isDeepStrictEqual } from 'node:util';
import { type Definition, type DefinitionVersion, sameUnits, stretchesInForce, UNIT_FIELDS } from '@cartledger/funnel';
import { checkDefinition } from './definition.ts';
import { ControlError } from './error.ts';
import type { DefinitionInput } from './port.ts';

const isDay = (day: string): boolean => {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
};

/** Days from one version to the next: by what they count, and by what they will. */
type Stretch = { from: string | null; was: Definition; is: Definition };

const daysOf = ({ from, to }: { from: string | null; to: string }): string =>
  from === null ? `Before ${to}: ` : `From ${from} until before ${to}: `;

/** The definition changed; throws ControlError `bad_definition` with every problem, told as one of these days. */
const changed = (change: DefinitionInput, base: Definition, days: string): Definition => {
  const checked = checkDefinition(change, base);
  if ('definition' in checked) return checked.definition;
  const { problems } = checked;
  throw new ControlError('bad_definition', `${days}${problems.map(({ message }) => message).join(' ')}`, {
    field: problems[0]?.field ?? '',
  });
};

/** Targets are the newest version's, for its stages; an older stretch names those that it has the stages of. */
const targetsFor = ({ stages }: Definition, targets: Definition['targets']): Definition['targets'] =>
  Object.fromEntries(Object.entries(targets).filter(([stage]) => stages.includes(stage)));

/**
 * The versions that a change makes, oldest first; none when it changes nothing. In each stretch of days from `from` on
 * only what is given changes: the stretch that `from` lies in gets a version from there on, and each later one is issued
 * anew from its own day, for the highest version that has begun counts. Of a change that touches no field of units the
 * newest version's day stays: such fields hold for all history anyway.
 */
export const nextVersions = (
  versions: readonly DefinitionVersion[],
  change: DefinitionInput,
  from: string | null,
): DefinitionVersion[] => {
  const newest = versions.at(-1);
  if (!newest) throw new TypeError('a store has at least one version of its definition');
  if (from !== null && !isDay(from))
    throw new ControlError('bad_definition', `from is ${JSON.stringify(from)}: not a day, give it as YYYY-MM-DD.`, {
      field: 'from',
    });
  const inForce = stretchesInForce(versions);
  const end = changed(change, newest.definition, '');

  const { targets: _, ...changeOfUnits } = change;
  const stretches = inForce.flatMap(({ from: begin, definition: was }, i): Stretch[] => {
    const to = inForce[i + 1]?.from ?? null;
    if (from !== null && to !== null && to <= from) return [];
    const first = from !== null && (begin === null || begin < from) ? from : begin;
    if (to === null) return [{ from: first, was, is: end }];
    const units = changed(changeOfUnits, { ...was, targets: {} }, daysOf({ from: first, to }));
    const own = Object.fromEntries(UNIT_FIELDS.map((field) => [field, units[field]]));
    return [{ from: first, was, is: { ...end, ...own, targets: targetsFor(units, end.targets) } }];
  });

  const first = stretches.findIndex(({ was, is }) => !sameUnits(was, is));
  const { version } = newest.definition;
  if (first === -1)
    return isDeepStrictEqual(end, newest.definition)
      ? []
      : [{ from: newest.from, definition: { ...end, version: version + 1 } }];
  return stretches
    .slice(first)
    .filter(({ is }, i, all) => !(i > 0 && sameUnits(is, all[i - 1]?.is ?? end)))
    .map(({ from: begin, is }, i) => ({ from: begin, definition: { ...is, version: version + 1 + i } }));
};
