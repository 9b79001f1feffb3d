import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { ControlError } from './error.ts';
import { MIGRATIONS } from './migrations.ts';
import type { Tables } from './schema.ts';

/** Applies what is missing; changes nothing when nothing is. The caller sees to it that only one does at a time. */
export const migrateToLatest = async (db: Kysely<Tables>): Promise<void> => {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(MIGRATIONS) },
    // Not Kysely's own names: the database may be shared with another program that uses it.
    migrationTableName: 'cartledger_migrations',
    migrationLockTableName: 'cartledger_migrations_lock',
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const failed = results?.find((r) => r.status === 'Error')?.migrationName;
  throw new ControlError(
    'migration_failed',
    `The control store could not be migrated${failed === undefined ? '' : ` (${failed})`}: ${error instanceof Error ? error.message : 'unknown error'}`,
    { cause: error },
  );
};
