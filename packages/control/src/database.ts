import type { Kysely, RawBuilder } from 'kysely';
import type { Tables } from './schema.ts';

/** What the two dialects differ in; everything else of the control store is one code path. */
export type Database = {
  readonly dialect: 'sqlite' | 'postgres';
  readonly db: Kysely<Tables>;
  /** The time by which leases are judged, in SQL: one clock for all who share the database. */
  leaseNow(): RawBuilder<number>;
  /** Whether a statement failed, and did nothing, because a row of that key is there. */
  isTaken(error: unknown): boolean;
  /** Safe when several processes do it at once: each returns when all migrations are applied. */
  migrate(): Promise<void>;
  close(): Promise<void>;
};
