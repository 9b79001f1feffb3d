import { isDeepStrictEqual } from 'node:util';
import { type ClickHouse, ClickHouseError, type Query } from '@cartledger/clickhouse';
import type { z } from 'zod';
import { allOf } from './harness.ts';

/** A ClickHouse that asks two stores everything, answers as the first does and keeps what the second said otherwise. */
export type Twin = {
  clickhouse: ClickHouse;
  differences: string[];
  /** Answers compared, by what was asked. */
  compared: Map<string, number>;
};

/** Counts of rows that are not merged yet: the first store merges when it likes, the second only when it is told. */
const COUNTS_OF_RAW_ROWS: Readonly<Record<string, string>> = {
  'events.counts': 'events',
  'rollups.rows': 'ledger_rows',
  'rollups.days': 'ledger_rows',
};

/** Lists in which groupUniqArray gives no order. */
const SETS: ReadonlySet<string> = new Set(['neighbors']);

/** What an order leaves open: rows that differ in this column alone. */
const TIES: Readonly<Record<string, string>> = { dirty_days: 'rollup' };

type Outcome = { rows: readonly unknown[] } | { code: string };

const outcomeOf = async (work: () => Promise<readonly unknown[]>): Promise<Outcome> => {
  try {
    return { rows: await work() };
  } catch (error) {
    return { code: error instanceof ClickHouseError ? error.code : String(error) };
  }
};

const print = (value: unknown): string =>
  JSON.stringify(value, (name, one: unknown) => {
    if (typeof one === 'bigint') return `${one}n`;
    // Names with raw JSON, which may be written in several ways.
    if (name === 'properties' && Array.isArray(one)) return one.map(([key, raw]) => [key, JSON.parse(raw)]);
    return SETS.has(name) && Array.isArray(one) ? one.map(String).sort() : one;
  });

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** The rows without the column, and the column. */
const cut = (rows: readonly unknown[], column: string): { rest: unknown[]; cells: Map<string, number> } => {
  const cells = new Map<string, number>();
  const rest = rows.filter(isRecord).map(({ [column]: cell, ...others }) => {
    cells.set(print(others), Number(cell));
    return others;
  });
  return { rest, cells };
};

const differenceOf = ({ name, sql }: Pick<Query, 'name' | 'sql'>, first: Outcome, second: Outcome): string | null => {
  if ('code' in first || 'code' in second) return isDeepStrictEqual(first, second) ? null : print([first, second]);
  let [a, b] = [first.rows, second.rows];
  const column = COUNTS_OF_RAW_ROWS[name];
  if (column !== undefined) {
    const [one, other] = [cut(a, column), cut(b, column)];
    const isMore = [...one.cells].some(([row, cell]) => cell > (other.cells.get(row) ?? 0));
    if (isMore) return `more rows than were written: ${print([a, b])}`;
    [a, b] = [one.rest, other.rest];
  }
  const isOrdered = /ORDER BY [^()]*$/.test(sql.trim()) || /ORDER BY min\(written_at\), batch_id\s+LIMIT/.test(sql);
  const tied = TIES[name];
  const inOrder = isOrdered ? [a, b].map((rows) => (tied === undefined ? rows : cut(rows, tied).rest).map(print)) : [];
  const asSets = [a, b].map((rows) => rows.map(print).sort());
  const isSame = [inOrder, asSets].every(([one, other]) => isDeepStrictEqual(one, other));
  return isSame ? null : print([a, b]);
};

/** What was done as an answer of no rows. */
const done = async (work: Promise<void>): Promise<readonly unknown[]> => {
  await work;
  return [];
};

/** `isAsked`: which queries the second store is asked too. */
export const createTwin = (
  first: ClickHouse,
  second: ClickHouse,
  isAsked: (name: string) => boolean = () => true,
): Twin => {
  const differences: string[] = [];
  const compared = new Map<string, number>();

  const compare = async (
    query: Pick<Query, 'name' | 'sql'>,
    one: () => Promise<readonly unknown[]>,
    other: () => Promise<readonly unknown[]>,
  ): Promise<void> => {
    const failed: unknown[] = [];
    const told = await outcomeOf(async () => {
      try {
        return await one();
      } catch (error) {
        failed.push(error);
        throw error;
      }
    });
    if (isAsked(query.name)) {
      compared.set(query.name, (compared.get(query.name) ?? 0) + 1);
      const difference = differenceOf(query, told, await outcomeOf(other));
      if (difference !== null) differences.push(`${query.name}: ${difference.slice(0, 2_000)}`);
    }
    if (failed.length > 0) throw failed[0];
  };

  const rowsOf = async <P extends z.ZodObject, R extends z.ZodType>(
    query: Query<P, R>,
    ask: (clickhouse: ClickHouse) => Promise<z.output<R>[]>,
  ): Promise<z.output<R>[]> => {
    let rows: z.output<R>[] = [];
    await compare(
      query,
      async () => {
        rows = await ask(first);
        return rows;
      },
      () => ask(second),
    );
    return rows;
  };

  const clickhouse: ClickHouse = {
    ...first,
    query: (query, params) => rowsOf(query, (store) => store.query(query, params)),
    stream: async function* (query, params) {
      yield* await rowsOf(query, (store) => allOf(store.stream(query, params)));
    },
    command: (sql, params) =>
      compare(
        { name: `command ${/\w+ (INTO|FROM) `?\w+/.exec(sql)?.[0]}`, sql: '' },
        () => done(first.command(sql, params)),
        () => done(second.command(sql, params)),
      ),
    insertNative: (table, columns, data, onlyIf) =>
      compare(
        { name: `insert into ${table}`, sql: '' },
        () => done(first.insertNative(table, columns, data, onlyIf)),
        () => done(second.insertNative(table, columns, data, onlyIf)),
      ),
  };
  return { clickhouse, differences, compared };
};
