import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { Kysely, SqliteDialect, sql } from 'kysely';
import type { Database } from './database.ts';
import { ControlError } from './error.ts';
import { migrateToLatest } from './migrate.ts';
import type { Tables } from './schema.ts';

const MIGRATION_LOCK_BOUND_MS = 30_000;

const isInput = (value: unknown): value is SQLInputValue =>
  value === null ||
  typeof value === 'string' ||
  typeof value === 'number' ||
  typeof value === 'bigint' ||
  value instanceof Uint8Array;

const inputs = (values: readonly unknown[]): SQLInputValue[] =>
  values.map((value) => {
    if (isInput(value)) return value;
    throw new TypeError(`SQLite cannot bind a value of type ${typeof value}`);
  });

const codeOf = (error: unknown): number => (error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0);
const isBusy = (error: unknown): boolean => (codeOf(error) & 0xff) === 5;
const CONSTRAINT_PRIMARYKEY = 1555;

/** node:sqlite as the database that Kysely's SQLite dialect drives. */
const forKysely = (database: DatabaseSync) => ({
  close: () => database.close(),
  prepare: (text: string) => {
    const statement = database.prepare(text);
    return {
      reader: statement.columns().length > 0,
      all: (values: readonly unknown[]) => statement.all(...inputs(values)),
      run: (values: readonly unknown[]) => statement.run(...inputs(values)),
      iterate: (values: readonly unknown[]) => statement.iterate(...inputs(values)),
    };
  },
});

/**
 * SQLite would make the file readable by everybody; what it makes beside it has the mode of the file. One that is there
 * is not even opened: closing it again would end the locks of this process's other connections.
 */
const makePrivate = (path: string): void => {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
};

/**
 * One file (made with its folder if not there), or `:memory:`. Several processes may have it open: WAL, every
 * change one statement, written through to the disk before it is answered.
 */
export const openSqlite = ({ path, now }: { path: string; now: () => number }): Database => {
  if (path !== ':memory:') {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    makePrivate(path);
  }
  const database = new DatabaseSync(path, { timeout: 5_000 });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: forKysely(database) }) });

  // Waiting for another migrator inside SQLite would block this process, which may be running that migrator.
  const lock = async (): Promise<void> => {
    const bound = now() + MIGRATION_LOCK_BOUND_MS;
    for (;;) {
      database.exec('PRAGMA busy_timeout = 0');
      try {
        database.exec('BEGIN IMMEDIATE');
        return;
      } catch (error) {
        if (!isBusy(error)) throw error;
        if (now() > bound) {
          throw new ControlError('busy', `${path} is locked by another process. Stop it, or try again.`, {
            cause: error,
          });
        }
      } finally {
        database.exec('PRAGMA busy_timeout = 5000');
      }
      await delay(20);
    }
  };

  let open = true;
  return {
    dialect: 'sqlite',
    db,
    leaseNow: () => sql<number>`${sql.lit(Math.trunc(now()))}`,
    isTaken: (error) => codeOf(error) === CONSTRAINT_PRIMARYKEY,
    async migrate() {
      await lock();
      try {
        await migrateToLatest(db);
        database.exec('COMMIT');
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    },
    async close() {
      if (!open) return;
      open = false;
      await db.destroy();
      // Kysely closes what it has used only.
      if (database.isOpen) database.close();
    },
  };
};
