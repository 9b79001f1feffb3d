import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

const createTables: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('stores')
      .addColumn('store_id', 'varchar(64)', (c) => c.primaryKey().notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('definition', 'text', (c) => c.notNull())
      .execute();
    await db.schema
      .createTable('access_keys')
      .addColumn('key_id', 'varchar(16)', (c) => c.primaryKey().notNull())
      .addColumn('store_id', 'varchar(64)', (c) => c.references('stores.store_id'))
      .addColumn('scope', 'varchar(16)', (c) => c.notNull())
      .addColumn('sha256', 'varchar(64)', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('revoked_at', 'bigint')
      .execute();
    await db.schema.createIndex('access_keys_by_store').on('access_keys').column('store_id').execute();
    await db.schema
      .createTable('leases')
      .addColumn('name', 'varchar(128)', (c) => c.primaryKey().notNull())
      .addColumn('owner', 'varchar(256)', (c) => c.notNull())
      .addColumn('token', 'bigint', (c) => c.notNull())
      .addColumn('expires_at', 'bigint', (c) => c.notNull())
      .execute();
    await db.schema
      .createTable('job_state')
      .addColumn('name', 'varchar(256)', (c) => c.primaryKey().notNull())
      .addColumn('value', 'text', (c) => c.notNull())
      .execute();
    await db.schema
      .createTable('log_positions')
      .addColumn('topic', 'varchar(256)', (c) => c.notNull())
      .addColumn('partition', 'integer', (c) => c.notNull())
      .addColumn('position', 'varchar(20)', (c) => c.notNull())
      .addColumn('taken_in_up_to', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('log_positions_key', ['topic', 'partition'])
      .execute();
  },
};

const createDefinitionVersions: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('definition_versions')
      .addColumn('store_id', 'varchar(64)', (c) => c.notNull().references('stores.store_id'))
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('valid_from', 'varchar(10)')
      .addColumn('definition', 'text', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('definition_versions_key', ['store_id', 'version'])
      .execute();
  },
};

const createRejections: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('rejections')
      .addColumn('store_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('quarter', 'bigint', (c) => c.notNull())
      .addColumn('code', 'varchar(64)', (c) => c.notNull())
      .addColumn('count', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('rejections_key', ['store_id', 'quarter', 'code'])
      .execute();
  },
};

const addKeyLimits: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema.alterTable('access_keys').addColumn('events_per_second', 'integer').execute();
    await db.schema.alterTable('access_keys').addColumn('burst_events', 'integer').execute();
  },
};

const createErasures: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('erasures')
      .addColumn('erasure', 'integer', (c) => c.primaryKey().notNull())
      .addColumn('store_id', 'varchar(64)', (c) => c.notNull().references('stores.store_id'))
      .addColumn('kind', 'varchar(16)', (c) => c.notNull())
      .addColumn('hash', 'varchar(20)', (c) => c.notNull())
      .addColumn('up_to', 'bigint', (c) => c.notNull())
      .addColumn('begun_at', 'bigint', (c) => c.notNull())
      .addColumn('begun_by', 'varchar(256)', (c) => c.notNull())
      .addColumn('ended_at', 'bigint')
      .addColumn('revision', 'integer', (c) => c.notNull())
      .addColumn('restated_days', 'text', (c) => c.notNull())
      .addColumn('document', 'text', (c) => c.notNull())
      .execute();
    await db.schema
      .createTable('tombstones')
      .addColumn('number', 'integer', (c) => c.primaryKey().notNull())
      .addColumn('erasure', 'integer', (c) => c.notNull().references('erasures.erasure'))
      .addColumn('store_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('kind', 'varchar(16)', (c) => c.notNull())
      .addColumn('hash', 'varchar(20)', (c) => c.notNull())
      .addColumn('up_to', 'bigint', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('tombstones_by_erasure').on('tombstones').column('erasure').execute();
  },
};

const addWordsToPositions: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema.alterTable('log_positions').addColumn('worker', 'varchar(256)').execute();
    await db.schema.alterTable('log_positions').addColumn('told_at', 'bigint').execute();
    await db.schema.alterTable('log_positions').addColumn('word', 'text').execute();
  },
};

/** In order of their names; one that has been released is never changed. */
export const MIGRATIONS: Record<string, Migration> = {
  '0001_create_tables': createTables,
  '0002_create_definition_versions': createDefinitionVersions,
  '0003_create_rejections': createRejections,
  '0004_add_key_limits': addKeyLimits,
  '0005_create_erasures': createErasures,
  '0006_add_words_to_positions': addWordsToPositions,
};
