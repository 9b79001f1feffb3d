/** Rows of one table as a MergeTree keeps them: inserted, superseded, merged away at any time, deleted. */
import type { TableSchema } from './schema.ts';
import type { Row, Value } from './value.ts';

export type Table = {
  readonly schema: TableSchema;
  /** All rows appear at once. `torn`: only some parts of a table with partitions do, never all of them. */
  insert(rows: readonly Row[], torn?: number): void;
  /** All that is not merged away: what a query without FINAL sees. */
  raw(): readonly Row[];
  /** Of each key the row that counts, but tombstones. */
  final(): readonly Row[];
  /** A merge of the keys that are chosen; answers how many superseded rows it took away. Tombstones stay. */
  merge(isChosen?: (key: string) => boolean): number;
  /** A lightweight delete; answers how many rows it met. */
  remove(which: (row: Row) => boolean): number;
};

type Stored = { row: Row; key: string; part: string; version: bigint };

const versionOf = (row: Row, column: string | null): bigint => {
  const value = column === null ? 0n : row[column];
  return typeof value === 'bigint' ? value : BigInt(String(value));
};

/** Of each key the largest version, of equals the last, where the first of its key stood. */
const survivors = (rows: readonly Stored[], isChosen: (key: string) => boolean): Stored[] => {
  const best = new Map<string, Stored>();
  for (const stored of rows) {
    const other = best.get(stored.key);
    if (other === undefined || stored.version >= other.version) best.set(stored.key, stored);
  }
  return rows.filter((stored) => !isChosen(stored.key) || best.get(stored.key) === stored);
};

const all = (_key: string): boolean => true;

export const createTable = (schema: TableSchema): Table => {
  const { engine, orderBy, partitionBy } = schema;
  let rows: Stored[] = [];
  let known: readonly Row[] | null = null;
  let kept: readonly Row[] | null = null;

  const change = (to: Stored[]): void => {
    rows = to;
    known = null;
    kept = null;
  };
  const print = (value: Value): string => (typeof value === 'string' ? JSON.stringify(value) : String(value));
  const store = (row: Row): Stored => ({
    row,
    key: orderBy.map((term) => print(term(row))).join(' '),
    part: partitionBy === null ? '' : print(partitionBy(row)),
    version: engine.kind === 'replacing' ? versionOf(row, engine.version) : 0n,
  });
  const merged = (some: readonly Stored[], isChosen = all): Stored[] =>
    engine.kind === 'plain' ? [...some] : survivors(some, isChosen);

  return {
    schema,
    insert: (given, torn) => {
      const stored = given.map(store);
      const parts = [...new Set(stored.map(({ part }) => part))];
      const landed = torn === undefined ? parts : parts.slice(0, torn % Math.max(parts.length, 1));
      // The server merges a block before it writes its parts (optimize_on_insert).
      change([...rows, ...merged(stored.filter(({ part }) => landed.includes(part)))]);
    },
    raw: () => {
      known ??= rows.map(({ row }) => row);
      return known;
    },
    final: () => {
      if (engine.kind === 'plain') throw new Error(`table ${schema.name} has no FINAL`);
      const { isDeleted } = engine;
      kept ??= survivors(rows, all)
        .map(({ row }) => row)
        .filter((row) => isDeleted === null || row[isDeleted] === 0);
      return kept;
    },
    merge: (isChosen = all) => {
      const before = rows.length;
      change(merged(rows, isChosen));
      return before - rows.length;
    },
    remove: (which) => {
      const left = rows.filter(({ row }) => !which(row));
      const removed = rows.length - left.length;
      if (removed > 0) change(left);
      return removed;
    },
  };
};
