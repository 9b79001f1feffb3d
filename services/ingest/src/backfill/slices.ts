import { type ClickHouse, defineQuery, integer } from '@cartledger/clickhouse';
import { z } from 'zod';

/** Events of one month and store whose visitors' hashes lie in [from, to]: a stretch of the sort key, a part of one partition. */
export type Slice = { month: string; store_id: string; from: bigint; to: bigint };
type Cursor = { month: string; store_id: string; hash: string };
type Next = { slice: Slice | null; cursor: Cursor | null; done: number; total: number };

/** As the table's partitions by month are named: the client's own time, what broken clocks say in one. */
export const monthOfTime = (ms: number): string => {
  const at = new Date(ms);
  const year = at.getUTCFullYear();
  return year >= 2015 && year <= 2099 ? String(year * 100 + at.getUTCMonth() + 1) : '0';
};

/** So that a statement over one slice takes seconds. */
const ROWS_OF_SLICE = 500_000;
const HASHES = 2n ** 64n;

export const ofSlice = {
  month: z.string(),
  store_id: z.string(),
  from: z.bigint(),
  to: z.bigint(),
};

export const IN_SLICE = `_partition_id = {month:String} AND store_id = {store_id:String}
  AND visitor_hash >= {from:UInt64} AND visitor_hash <= {to:UInt64}`;

const inTables = (tables: readonly string[]) =>
  defineQuery({
    name: 'backfill.slices',
    sql: `SELECT month, store_id, max(rows) AS rows FROM (${tables
      .map(
        (table) =>
          `SELECT _partition_id AS month, store_id, count() AS rows FROM \`${table}\` GROUP BY month, store_id`,
      )
      .join(' UNION ALL ')}) GROUP BY month, store_id ORDER BY month, store_id`,
    params: z.object({}),
    row: z.object({ month: z.string(), store_id: z.string(), rows: integer }),
  });

export type Found = { month: string; store_id: string; rows: number };

const partsOf = ({ rows }: Found): bigint => BigInt(Math.max(1, Math.ceil(rows / ROWS_OF_SLICE)));

const isBefore = (one: Found, { month, store_id, hash }: Cursor): boolean =>
  one.month < month ||
  (one.month === month && (one.store_id < store_id || (one.store_id === store_id && BigInt(hash) === HASHES)));

/** What comes after the cursor: the slice, the cursor behind it, and how many slices are done with it, of how many. */
export const sliceAfter = (found: readonly Found[], cursor: Cursor | null): Next => {
  const total = found.reduce((sum, one) => sum + Number(partsOf(one)), 0);
  const left = cursor === null ? found : found.filter((one) => !isBefore(one, cursor));
  const [first] = left;
  if (first === undefined) return { slice: null, cursor, done: total, total };
  const { month, store_id } = first;
  const isGoneOn = cursor !== null && cursor.month === month && cursor.store_id === store_id;
  const from = isGoneOn ? BigInt(cursor.hash) : 0n;
  const parts = partsOf(first);
  const end = from + HASHES / parts;
  const to = end >= HASHES || HASHES - end < HASHES / parts / 2n ? HASHES - 1n : end - 1n;
  const leftOfThis = Number(((HASHES - from) * parts + HASHES - 1n) / HASHES);
  const ahead = left.slice(1).reduce((sum, one) => sum + Number(partsOf(one)), leftOfThis);
  const behind = { month, store_id, hash: String(to + 1n) };
  return { slice: { month, store_id, from, to }, cursor: behind, done: Math.min(total, total - ahead + 1), total };
};

/**
 * The slices of some tables, one after the other. What there is, which only a look at every row tells, is asked for once for each
 * `purpose`: what comes later is behind all that a purpose is about. Somebody else who goes on asks again.
 */
export const createSlices = (clickhouse: Pick<ClickHouse, 'query'>) => {
  let known: { of: string; found: readonly Found[] } | null = null;

  return async (purpose: string, tables: readonly string[], cursor: Cursor | null): Promise<Next> => {
    const of = [purpose, ...tables].join(' ');
    if (known?.of !== of || cursor === null) known = { of, found: await clickhouse.query(inTables(tables), {}) };
    return sliceAfter(known.found, cursor);
  };
};
