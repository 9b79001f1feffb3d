/** Values as the model keeps them: as blocks bring them. */
import type { BlockRow as Row, BlockValue as Value } from '@cartledger/clickhouse/testing';

export type { Row, Value };

/** A row is not as its table says: a fault of the model, never of the product. */
const other = (row: Row, column: string, expected: string): never => {
  throw new TypeError(`the model expected ${expected} in column ${column}, not ${typeof row[column]}`);
};

export const text = (row: Row, column: string): string => {
  const value = row[column];
  return typeof value === 'string' ? value : other(row, column, 'text');
};

export const int = (row: Row, column: string): number => {
  const value = row[column];
  return typeof value === 'number' ? value : other(row, column, 'a number');
};

export const big = (row: Row, column: string): bigint => {
  const value = row[column];
  return typeof value === 'bigint' ? value : other(row, column, 'a bigint');
};

export const bool = (row: Row, column: string): boolean => {
  const value = row[column];
  return typeof value === 'boolean' ? value : other(row, column, 'a boolean');
};

export const list = (row: Row, column: string): readonly Value[] => {
  const value = row[column];
  return isList(value) ? value : other(row, column, 'a list');
};

/** A list of values of one type, each told by its guard. */
export const listOf = <T extends Value>(row: Row, column: string, is: (value: Value) => value is T): readonly T[] => {
  const values = list(row, column);
  return values.every(is) ? values : other(row, column, 'a list of another type');
};

const isList = (value: Value | undefined): value is readonly Value[] => Array.isArray(value);
export const isText = (value: Value): value is string => typeof value === 'string';
export const isInt = (value: Value): value is number => typeof value === 'number';
export const isBig = (value: Value): value is bigint => typeof value === 'bigint';
export const isBool = (value: Value): value is boolean => typeof value === 'boolean';

const SURROGATE = /[\ud800-\udfff]/;

/** UTF-16 and UTF-8 order text alike but where surrogates are. */
const compareText = (a: string, b: string): number => {
  if (a === b) return 0;
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
};

/** As ClickHouse sorts: text by its bytes, lists by their first difference, false before true. */
export const compare = (a: Value, b: Value): number => {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (isList(a) && isList(b)) {
    for (const [i, one] of a.entries()) {
      const other = b[i];
      if (other === undefined) return 1;
      const order = compare(one, other);
      if (order !== 0) return order;
    }
    return a.length - b.length;
  }
  if (a === null || b === null || typeof a !== typeof b)
    throw new TypeError('the model compares no NULL, and like with like');
  return a === b ? 0 : a < b ? -1 : 1;
};
