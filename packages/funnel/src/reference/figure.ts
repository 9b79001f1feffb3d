/** The names of figures, and what is listed behind one. */
import type { Explanation } from '../reports/index.ts';

/** The parts of a figure: `stage=checkout,figure=units`. */
export type Figure = ReadonlyMap<string, string>;

/** What a report answers: one row a unit, amounts null where the figure is a count. */
export type Behind = { unit: Explanation['unit']; rows: readonly { id: string; amount: bigint | null }[] };

const KEYS = [
  'stage',
  'figure',
  'value',
  'point',
  'reason',
  'product',
  'last_page',
  'last_product',
  'currency',
  'checkout',
  'carts',
  'orders',
  'line',
];

/** A comma parts two keys only where a key follows: ids and codes may hold commas. */
export const parseFigure = (text: string): Figure =>
  new Map(
    text.split(new RegExp(`,(?=(?:${KEYS.join('|')})=)`)).map((part): [string, string] => {
      const at = part.indexOf('=');
      return [part.slice(0, at), part.slice(at + 1)];
    }),
  );

/** What else is asked beside a figure names another one, or none. */
export const hasOnly = (of: Figure, ...keys: readonly string[]): boolean =>
  [...of.keys()].every((key) => keys.includes(key));
