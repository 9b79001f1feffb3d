/** The tables as the migrations make them: a change of a key or an engine there is a change of the model. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { int, type Row, type Value } from './value.ts';

type ColumnSchema = { name: string; type: string /** DEFAULT now64(3). */; isServerTime: boolean };

/** A term of a key. */
type Term = (row: Row) => Value;

export type TableSchema = {
  name: string;
  /** replacing: of rows of one key the largest version stays, of equals the last; without a version, the last. */
  engine: { kind: 'plain' } | { kind: 'replacing'; version: string | null; isDeleted: string | null };
  columns: ReadonlyMap<string, ColumnSchema>;
  orderBy: readonly Term[];
  /** null: the table has none. */
  partitionBy: Term | null;
};

/** Splits at commas that stand in no parentheses and no quotes. */
const splitTop = (list: string): string[] => {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let from = 0;
  for (let at = 0; at < list.length; at++) {
    const c = list[at];
    if (c === "'") quoted = !quoted;
    else if (quoted) continue;
    else if (c === '(') depth++;
    else if (c === ')') depth--;
    else if (c === ',' && depth === 0) {
      parts.push(list.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, list.slice(from)].map((part) => part.trim());
};

/** What stands in the parentheses that open at `open`. */
const insideAt = (sql: string, open: number): string => {
  let depth = 0;
  let quoted = false;
  for (let at = open; at < sql.length; at++) {
    const c = sql[at];
    if (c === "'") quoted = !quoted;
    else if (quoted) continue;
    else if (c === '(') depth++;
    else if (c === ')' && --depth === 0) return sql.slice(open + 1, at);
  }
  throw new Error('parentheses that do not close');
};

const COLUMN = /^`?([\w.]+)`?\s+(.+?)(\s+DEFAULT\s+(.+?))?(\s+COMMENT\s+'.*')?$/s;

const columnsOf = (definition: string): ColumnSchema[] => {
  const [, name = '', type = '', , byDefault] = COLUMN.exec(definition) ?? [];
  if (name === '') throw new Error(`the model does not understand the column "${definition}"`);
  if (byDefault !== undefined && byDefault !== 'now64(3)')
    throw new Error(`the model knows no default ${byDefault} of column ${name}`);
  if (!type.startsWith('Nested')) return [{ name, type, isServerTime: byDefault !== undefined }];
  return splitTop(insideAt(type, type.indexOf('('))).flatMap((one) =>
    columnsOf(one).map((column) => ({
      name: `${name}.${column.name}`,
      type: `Array(${column.type})`,
      isServerTime: false,
    })),
  );
};

const monthOf = (ms: number): number => {
  const at = new Date(ms);
  return at.getUTCFullYear() * 100 + at.getUTCMonth() + 1;
};

const termOf = (expression: string): Term => {
  const column = /^`?(\w+)`?$/.exec(expression)?.[1];
  if (column !== undefined) return (row) => row[column] ?? null;
  const month = /^toYYYYMM\((\w+)\)$/.exec(expression)?.[1];
  if (month !== undefined) return (row) => monthOf(int(row, month));
  const [, dated, first, last, again] =
    /^if\(toYear\((\w+)\) BETWEEN (\d+) AND (\d+), toYYYYMM\((\w+)\), 0\)$/.exec(expression) ?? [];
  if (dated === undefined || dated !== again) throw new Error(`the model knows no key expression ${expression}`);
  return (row) => {
    const year = new Date(int(row, dated)).getUTCFullYear();
    return year >= Number(first) && year <= Number(last) ? monthOf(int(row, dated)) : 0;
  };
};

const engineOf = (sql: string, table: string): TableSchema['engine'] => {
  const [, kind, , given = ''] = /^ENGINE = (\w+)(\(([^)]*)\))?$/m.exec(sql) ?? [];
  if (kind === 'MergeTree') return { kind: 'plain' };
  if (kind !== 'ReplacingMergeTree') throw new Error(`the model knows no engine ${kind} of table ${table}`);
  const [version = null, isDeleted = null] = given === '' ? [] : splitTop(given);
  return { kind: 'replacing', version, isDeleted };
};

const keyOf = (sql: string, clause: 'ORDER BY' | 'PARTITION BY'): Term[] => {
  const key = new RegExp(`^${clause} (.+)$`, 'm').exec(sql)?.[1];
  if (key === undefined) return [];
  return (key.startsWith('(') ? splitTop(insideAt(key, 0)) : [key]).map(termOf);
};

const tableOf = (sql: string, name: string): TableSchema => {
  const columns = splitTop(insideAt(sql, sql.indexOf('('))).flatMap(columnsOf);
  return {
    name,
    engine: engineOf(sql, name),
    columns: new Map(columns.map((column) => [column.name, column])),
    orderBy: keyOf(sql, 'ORDER BY'),
    partitionBy: keyOf(sql, 'PARTITION BY')[0] ?? null,
  };
};

/** Views, projections, settings and comments change no answer of the model's. */
const IGNORED =
  /^(CREATE (OR REPLACE )?VIEW|DROP VIEW|TRUNCATE TABLE|ALTER TABLE \w+\s+(COMMENT COLUMN|MODIFY (COMMENT|SETTING)|ADD PROJECTION))/;

const added = (table: TableSchema, sql: string): TableSchema => {
  const columns = splitTop(sql).map((part) => /^ADD COLUMN IF NOT EXISTS (.+)$/s.exec(part)?.[1]);
  if (columns.includes(undefined)) throw new Error(`the model does not understand what is done to table ${table.name}`);
  const more = columns.flatMap((column) => columnsOf(column ?? ''));
  return { ...table, columns: new Map([...table.columns, ...more.map((column) => [column.name, column] as const)]) };
};

/** Reads every migration in `directory`; one that it does not understand is an error. */
export const readSchema = (directory: string): ReadonlyMap<string, TableSchema> => {
  const tables = new Map<string, TableSchema>();
  for (const file of readdirSync(directory)
    .filter((name) => name.endsWith('.sql'))
    .sort()) {
    const sql = readFileSync(join(directory, file), 'utf8')
      .replaceAll(/^\s*--.*$/gm, '')
      .trim();
    const [, created] = /^CREATE TABLE IF NOT EXISTS (\w+) \(/.exec(sql) ?? [];
    const [alter, altered] = /^ALTER TABLE (\w+)\s+(?=ADD COLUMN)/.exec(sql) ?? [];
    const [, dropped] = /^DROP TABLE IF EXISTS (\w+)$/.exec(sql) ?? [];
    const before = altered === undefined ? undefined : tables.get(altered);
    if (created !== undefined) tables.set(created, tableOf(sql, created));
    else if (alter !== undefined && before !== undefined)
      tables.set(before.name, added(before, sql.slice(alter.length)));
    else if (dropped !== undefined) tables.delete(dropped);
    else if (!IGNORED.test(sql)) throw new Error(`${file}: the model of the store does not understand this migration`);
  }
  return tables;
};
