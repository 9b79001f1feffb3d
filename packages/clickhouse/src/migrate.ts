import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ClickHouse } from './client.ts';
import { quoteIdentifier } from './identifier.ts';
import { defineQuery } from './query.ts';

/** A migration cannot be done, or what is in the database is not what the files say. */
export class MigrationError extends Error {
  readonly code: 'bad_files' | 'changed' | 'unknown_version' | 'not_repeatable' | 'failed';
  constructor(code: MigrationError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MigrationError';
    this.code = code;
  }
}

export type AppliedMigration = { version: number; name: string };
type Migration = AppliedMigration & { sql: string; checksum: string };

const FILE_NAME = /^(\d{4})_([a-z0-9_]+)\.sql$/;

/** Each statement must be one that can be run again: see `migrate`. */
const REPEATABLE = /\b(IF\s+NOT\s+EXISTS|OR\s+REPLACE|IF\s+EXISTS|MODIFY\s+(COLUMN|COMMENT|SETTING|TTL|QUERY))\b/i;

const JOURNAL_DDL = `
CREATE TABLE IF NOT EXISTS schema_migrations (
  version UInt32 COMMENT 'NNNN of the file',
  name String COMMENT 'Name of the file',
  checksum String COMMENT 'SHA-256 of the file',
  applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Server time'
)
ENGINE = ReplacingMergeTree
ORDER BY (version, checksum)
COMMENT 'One row: a migration that was applied. Written after its statement, perhaps by several at once'`;

const JOURNAL_COLUMNS = [
  { name: 'version', type: 'UInt32' },
  { name: 'name', type: 'String' },
  { name: 'checksum', type: 'String' },
] as const;

const appliedQuery = defineQuery({
  name: 'migrations.applied',
  sql: 'SELECT DISTINCT version, name, checksum FROM schema_migrations ORDER BY version',
  params: z.object({}),
  row: z.object({ version: z.int(), name: z.string(), checksum: z.string() }),
});

const readMigrations = async (directory: string): Promise<Migration[]> => {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  const migrations: Migration[] = [];
  for (const name of names) {
    const match = FILE_NAME.exec(name);
    if (match === null) throw new MigrationError('bad_files', `${name}: name migrations NNNN_name.sql`);
    const version = Number(match[1]);
    const before = migrations.at(-1);
    if (before?.version === version)
      throw new MigrationError('bad_files', `${name} and ${before.name} have one number: give each its own`);
    const sql = await readFile(join(directory, name), 'utf8');
    if (!REPEATABLE.test(sql)) {
      throw new MigrationError(
        'not_repeatable',
        `${name}: write it so that it can run twice (IF NOT EXISTS, OR REPLACE)`,
      );
    }
    migrations.push({ version, name, sql, checksum: createHash('sha256').update(sql).digest('hex') });
  }
  return migrations;
};

/**
 * Brings the connection's database (made if missing) to the state of the files NNNN_name.sql in `directory`, each
 * one statement, in order, forward only; answers what it applied. Objects for analysts go to the database
 * `{analytics_database:Identifier}`, which is made if missing too.
 *
 * Safe to run twice, to kill at any line and to run by several at once, without a lock: each statement changes
 * nothing when it has been run before, and it is journalled only after it succeeded, so that the worst that
 * happens is that it is run again. Throws MigrationError for an applied file that has changed, for a database
 * that has seen a newer version, and for two files of one number. Numbers may have gaps.
 */
export const migrate = async (
  clickhouse: ClickHouse,
  directory: string,
  { analyticsDatabase }: { analyticsDatabase: string },
): Promise<AppliedMigration[]> => {
  const migrations = await readMigrations(directory);
  await clickhouse.ensureDatabase();
  await clickhouse.command(`CREATE DATABASE IF NOT EXISTS ${quoteIdentifier(analyticsDatabase)}`);
  await clickhouse.command(JOURNAL_DDL);

  const applied = await clickhouse.query(appliedQuery, {});
  const byVersion = new Map(migrations.map((migration) => [migration.version, migration]));
  for (const { version, name, checksum } of applied) {
    const migration = byVersion.get(version);
    if (migration === undefined) {
      throw new MigrationError(
        'unknown_version',
        `the database has ${name}, which this version does not know: upgrade`,
      );
    }
    if (migration.checksum !== checksum) {
      throw new MigrationError(
        'changed',
        `${migration.name} was changed after it had been applied: add a new migration`,
      );
    }
  }

  const done = new Set(applied.map(({ version }) => version));
  const pending = migrations.filter(({ version }) => !done.has(version));
  for (const { version, name, sql, checksum } of pending) {
    await clickhouse.command(sql, { analytics_database: analyticsDatabase }).catch((cause: unknown) => {
      throw new MigrationError('failed', `${name}: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      });
    });
    await clickhouse.insertNative('schema_migrations', JOURNAL_COLUMNS, [{ version, name, checksum }]);
  }
  return pending.map(({ version, name }) => ({ version, name }));
};
