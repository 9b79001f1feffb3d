import type { Explanation } from '@cartledger/funnel';
import { ReportError } from '../errors.ts';

/** The reports whose figures are explained. */
export const EXPLAINED = ['funnel', 'abandonment', 'revenue'] as const;
export type Explained = (typeof EXPLAINED)[number];

export type Source = 'journeys' | 'carts' | 'orders' | 'refunds' | 'refunds_by_order';

/** Rows of one ledger that a figure counts, or whose shares it sums. */
export type Part = {
  source: Source;
  /** SQL beside the source's own (the period, no tests, no bots). */
  where: string;
  /** SQL of a row's share; null for counts. */
  amount: string | null;
  /** Carts of all history, not only those opened in the period. */
  anyDay?: true;
};

/** A figure of a report: the same SQL as the report counts or sums by. */
export type Figure = {
  /** Normalised, without the report's name. */
  of: string;
  unit: Explanation['unit'];
  /** Of an amount; null for counts. */
  currency: string | null;
  parts: readonly Part[];
  /** What the SQL asks for by name. */
  params: Readonly<Record<string, unknown>>;
};

/** In the order in which a normalised figure has them. */
const KEYS = [
  'stage',
  'point',
  'reason',
  'product',
  'last_page',
  'last_product',
  'currency',
  'carts',
  'orders',
  'line',
  'figure',
  'value',
  'checkout',
] as const;
export type FigureKey = (typeof KEYS)[number];
export type Asked = ReadonlyMap<FigureKey, string>;

/** A comma within a value stays: only one that a known key follows parts two pairs. */
const BETWEEN = new RegExp(`,(?=(?:${KEYS.join('|')})=)`);

export const badFigure = (field: string, value: string, allowed: string): ReportError =>
  new ReportError('bad_figure', 'figure', `figure: ${field} is ${JSON.stringify(value)}; ${allowed}`);

const isKey = (key: string): key is FigureKey => (KEYS as readonly string[]).includes(key);

/** `stage=checkout,figure=units`; throws ReportError `bad_figure` for what has not this form. */
export const parseFigure = (text: string): Asked => {
  const asked = new Map<FigureKey, string>();
  for (const pair of text.split(BETWEEN)) {
    const equals = pair.indexOf('=');
    const key = pair.slice(0, Math.max(equals, 0)).trim();
    if (equals < 0 || !isKey(key))
      throw badFigure('pair', pair, `give key=value,key=value, the keys of ${KEYS.join(', ')}`);
    if (asked.has(key)) throw badFigure(key, pair.slice(equals + 1), `${key} was given before; give it once`);
    asked.set(key, pair.slice(equals + 1));
  }
  return asked;
};

/** Refuses keys beside those that the figure knows, and normalises the rest. */
export const normalise = (asked: Asked, known: readonly FigureKey[]): string => {
  for (const [key, value] of asked)
    if (!known.includes(key)) throw badFigure(key, value, `beside it, ${known.join(', ') || 'nothing'} may be given`);
  return KEYS.flatMap((key) => {
    const value = asked.get(key);
    return value === undefined ? [] : `${key}=${value}`;
  }).join(',');
};

/** The value of a key that has to be one of a list. */
export const oneOf = <const T extends readonly string[]>(asked: Asked, key: FigureKey, allowed: T): T[number] => {
  const value = asked.get(key);
  if (value === undefined) throw badFigure(key, '', `it is missing: give one of ${allowed.join(', ')}`);
  if (!allowed.includes(value)) throw badFigure(key, value, `give one of ${allowed.join(', ')}`);
  return value;
};
