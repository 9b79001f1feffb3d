import { closeSync, fdatasync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { EventLogError } from '../port.ts';

const FILE = 'event-log.db';
const PAGE_BYTES = 8192;

// records: one row a record; clustered by its place in the log, so appends and reads of a partition touch
// neighbouring pages. appended_at is the log's own clock: retention must not trust the producers' timestamps.
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS topics (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    epoch TEXT NOT NULL,
    retention_ms INTEGER,
    retention_bytes INTEGER
  ) STRICT;
  CREATE TABLE IF NOT EXISTS partitions (
    topic_id INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    earliest INTEGER NOT NULL,
    end INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (topic_id, partition)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS records (
    topic_id INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    appended_at INTEGER NOT NULL,
    key BLOB NOT NULL,
    value BLOB,
    headers TEXT,
    PRIMARY KEY (topic_id, partition, offset)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS commits (
    topic_id INTEGER NOT NULL,
    group_id TEXT NOT NULL,
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    metadata TEXT NOT NULL,
    PRIMARY KEY (topic_id, group_id, partition)
  ) STRICT, WITHOUT ROWID;
`;

export type Database = {
  readonly sql: DatabaseSync;
  /** Runs `work` in one transaction; rolled back when it throws. Throws EventLogError. */
  transaction<T>(work: () => T): T;
  /** Resolves when every transaction done so far is on the disk itself. */
  sync(): Promise<void>;
  close(): void;
};

/**
 * Opens (or creates) the log's file in `dir` and locks it: a second process gets a clear error at once.
 *
 * Durability: WAL with synchronous=NORMAL writes a transaction to the operating system at COMMIT, so a killed process
 * loses nothing; `sync` then flushes the WAL from libuv's pool before anything is acknowledged, which is what
 * synchronous=FULL does, but without holding up the event loop.
 */
export function openDatabase(dir: string, options: { maxBytes?: number | undefined }): Database {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, FILE);
  const sql = new DatabaseSync(file, { timeout: 0 });
  let wal: number;
  try {
    // EXCLUSIVE before the first access: the lock is held until close, and goes with the process when it is killed.
    sql.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = ${PAGE_BYTES}; PRAGMA journal_mode = WAL;`);
    sql.exec('PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16384;');
    if (options.maxBytes !== undefined) {
      sql.exec(`PRAGMA max_page_count = ${Math.max(16, Math.floor(options.maxBytes / PAGE_BYTES))};`);
    }
    sql.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`);
    wal = openSync(`${file}-wal`, 'r+');
    syncDirectory(dir);
  } catch (error) {
    sql.close();
    throw isBusy(error)
      ? new EventLogError('unavailable', `${file} is in use by another process: stop it, or choose another directory`, {
          retriable: false,
          cause: error,
        })
      : asLogError(error);
  }
  const flush = promisify(fdatasync);

  return {
    sql,
    transaction(work) {
      try {
        sql.exec('BEGIN IMMEDIATE');
        const result = work();
        sql.exec('COMMIT');
        return result;
      } catch (error) {
        if (sql.isTransaction) {
          sql.exec('ROLLBACK');
        }
        throw asLogError(error);
      }
    },
    sync: () => flush(wal),
    close() {
      closeSync(wal);
      sql.close();
    },
  };
}

/** Without it a power loss could forget that the just created files exist. */
function syncDirectory(dir: string): void {
  if (process.platform === 'win32') {
    return;
  }
  const handle = openSync(dir, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function sqliteCode(error: unknown): number | undefined {
  // The low byte is SQLite's primary result code; the rest says more precisely where it came from.
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : undefined;
}

const SQLITE_BUSY = 5;
const SQLITE_IOERR = 10;
const SQLITE_FULL = 13;

function isBusy(error: unknown): boolean {
  return sqliteCode(error) === SQLITE_BUSY;
}

/** Why `createEmbeddedLog` failed: another process has the directory. */
export function isInUse(error: unknown): boolean {
  return error instanceof EventLogError && isBusy(error.cause);
}

/** Any failure of SQLite as an EventLogError; an EventLogError as it is. */
export function asLogError(error: unknown): EventLogError {
  if (error instanceof EventLogError) {
    return error;
  }
  const code = sqliteCode(error);
  if (code === SQLITE_FULL) {
    return new EventLogError('full', 'the event log has no room: free disk space, or raise its size limit', {
      retriable: true,
      cause: error,
    });
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new EventLogError('unavailable', `the event log's database failed: ${reason}`, {
    retriable: code === SQLITE_IOERR || code === SQLITE_BUSY,
    cause: error,
  });
}
