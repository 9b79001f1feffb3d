import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Database } from './database.ts';
import { migrateToLatest } from './migrate.ts';
import type { Tables } from './schema.ts';

const INT8 = 20;
const UNIQUE_VIOLATION = '23505';

const toNumber = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} does not fit a number`);
  return value;
};

export type PostgresOptions = {
  url: string;
  maxConnections: number;
  /** Instead of the server's clock, for tests that move time. */
  now: (() => number) | undefined;
  /** Told of connections that failed while idle; they are replaced when next needed. */
  onError: (error: Error) => void;
};

/** A pool of connections. Leases are judged by the server's clock: those who share it may disagree on the time. */
export const openPostgres = ({ url, maxConnections, now, onError }: PostgresOptions): Database => {
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    connectionTimeoutMillis: 5_000,
    query_timeout: 30_000,
    application_name: 'cartledger',
    types: { getTypeParser: (oid, format) => (oid === INT8 ? toNumber : pg.types.getTypeParser(oid, format)) },
  });
  // Without a listener an idle connection cut by the server would end the process.
  pool.on('error', onError);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  let closed: Promise<void> | null = null;
  return {
    dialect: 'postgres',
    db,
    leaseNow: () =>
      now
        ? sql<number>`${sql.lit(Math.trunc(now()))}`
        : sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`,
    isTaken: (error) => error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION,
    // Kysely holds an advisory lock, and applies all in one transaction.
    migrate: () => migrateToLatest(db),
    close() {
      closed ??= db.destroy();
      return closed;
    },
  };
};
