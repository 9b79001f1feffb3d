/** One row of the REES46 data set, read from its line. */
import { parseTime } from '@cartledger/events';
import { parse } from 'csv-parse/sync';
import { type DialectReason, shown } from './converted.ts';
import { toMinorUnits } from './minor-units.ts';

const COLUMNS = [
  'event_time',
  'event_type',
  'product_id',
  'category_id',
  'category_code',
  'brand',
  'price',
  'user_id',
  'user_session',
] as const;
type Column = (typeof COLUMNS)[number];

const EVENT_TYPES = {
  view: 'product_view',
  cart: 'add_to_cart',
  remove_from_cart: 'remove_from_cart',
  purchase: 'purchase',
} as const;
type RowType = (typeof EVENT_TYPES)[keyof typeof EVENT_TYPES];

export type Row = {
  type: RowType;
  /** ms UTC. */
  time: number;
  /** The values in the order of COLUMNS, whatever theirs in the file: the row's identity. */
  values: readonly string[];
  product_id: string;
  category_id: string;
  category_code: string;
  brand: string;
  /** Minor units; null when the row states none. */
  price: number | null;
  user_id: string;
  user_session: string;
};

export type RowProblem = { reason: DialectReason; message: string };

/** The fields of a line; null when its quotes do not close. Nearly no line has quotes, and then a cut is enough. */
const splitCsv = (line: string): string[] | null => {
  if (!line.includes('"')) return line.split(',');
  try {
    const [fields] = parse(line, { relax_column_count: true, relax_quotes: true });
    return fields ?? null;
  } catch {
    return null;
  }
};

export type RowReader = (line: string) => Row | RowProblem;

const isEventType = (name: string): name is keyof typeof EVENT_TYPES => Object.hasOwn(EVENT_TYPES, name);

// 2019-10-01 00:00:00 UTC
const parseRowTime = (text: string): number | null =>
  text.endsWith(' UTC') ? parseTime(`${text.slice(0, -4)}Z`) : parseTime(text);

/** Reads rows of a file with this header line, columns in any order; or says what the header lacks. */
export const createRowReader = (header: string, exponent: number): RowReader | RowProblem => {
  const names = splitCsv(header) ?? [];
  const places = COLUMNS.map((column) => names.indexOf(column));
  const missing = COLUMNS.filter((_, index) => places[index] === -1);
  if (missing.length > 0) {
    return {
      reason: 'bad_header',
      message: `the header lacks ${missing.join(', ')}; the first line must name the columns`,
    };
  }

  return (line) => {
    const fields = splitCsv(line);
    if (fields === null) return { reason: 'malformed_csv', message: 'a quoted field does not end; mend the line' };
    if (fields.length !== names.length) {
      const message = `${fields.length} columns instead of ${names.length}; the line is cut off or has a stray comma`;
      return { reason: 'wrong_columns', message };
    }
    const values = places.map((place) => fields[place] ?? '');
    const field = (column: Column): string => values[COLUMNS.indexOf(column)] ?? '';

    const name = field('event_type');
    if (!isEventType(name)) {
      const known = Object.keys(EVENT_TYPES).join(', ');
      return { reason: 'unknown_event_type', message: `event_type ${shown(name)} is none of ${known}` };
    }
    const time = parseRowTime(field('event_time'));
    if (time === null) {
      const message = `event_time ${shown(field('event_time'))} is no time such as 2019-10-01 00:00:00 UTC`;
      return { reason: 'bad_time', message };
    }
    for (const column of ['product_id', 'user_id'] as const) {
      if (field(column) === '') return { reason: 'bad_id', message: `${column} is empty` };
    }
    const price = field('price') === '' ? null : toMinorUnits(field('price'), exponent);
    if (price === null && (field('price') !== '' || name === 'purchase')) {
      const message = `price ${shown(field('price'))} is no amount with at most ${exponent} decimals in this currency`;
      return { reason: 'bad_price', message };
    }
    return {
      type: EVENT_TYPES[name],
      time,
      values,
      product_id: field('product_id'),
      category_id: field('category_id'),
      category_code: field('category_code'),
      brand: field('brand'),
      price,
      user_id: field('user_id'),
      user_session: field('user_session'),
    };
  };
};
