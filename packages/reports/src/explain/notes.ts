import type { Source } from './figure.ts';
import type { ListedRow } from './sources.ts';

const UNITS: readonly [name: string, ms: number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

const duration = (ms: number): string => {
  const [name, size] = UNITS.find(([, each]) => ms >= each) ?? ['ms', 1];
  return `${Math.round((ms / size) * 10) / 10} ${name}`;
};

/** Of a journey: how far it came. */
const journeyNote = (stages: readonly string[], hit: number, any: number, ms: number): string => {
  const names = (bits: number) => stages.filter((_, k) => ((bits >>> k) & 1) === 1);
  const [first, ...further] = names(hit);
  const last = further.at(-1);
  if (first === undefined) return `${names(any).join(', ')}, without a start that day`;
  if (last === undefined) return `${first}, no further`;
  return ms > 0 ? `reached ${last} in ${duration(ms)}` : `reached ${last}`;
};

const cartNote = ([state, furthest, reason, abandonedAt]: ListedRow['words']): string => {
  const why = reason === 'none' ? '' : ` (${reason})`;
  switch (state) {
    case 'purchased':
      return 'purchased';
    case 'recovered':
      return `recovered, after it was abandoned at ${abandonedAt}`;
    default:
      return `${state} at ${furthest}${why}`;
  }
};

/** In words, for people. */
export const noteOf = (source: Source, { journey, words }: ListedRow, stages: readonly string[]): string => {
  switch (source) {
    case 'journeys':
      return journeyNote(stages, ...journey);
    case 'carts':
      return cartNote(words);
    case 'orders': {
      const [cart, reason, channel] = words;
      return `${cart === '' ? `without cart: ${reason}` : `ordered cart ${cart}`}${channel === 'web' ? '' : `, ${channel}`}`;
    }
    case 'refunds':
    case 'refunds_by_order': {
      const [kind, flag] = words;
      return flag === '' ? kind : `${kind}, ${flag}`;
    }
  }
};
