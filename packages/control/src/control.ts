import { sql } from 'kysely';
import type { Database } from './database.ts';
import { createErasures } from './erasures.ts';
import { createJobState } from './job-state.ts';
import { createKeys } from './keys.ts';
import { createLeases } from './leases.ts';
import type { Control } from './port.ts';
import { createPositions } from './positions.ts';
import { openPostgres } from './postgres.ts';
import { createRejections } from './rejections.ts';
import { openSqlite } from './sqlite.ts';
import { createStores } from './stores.ts';

export type ControlConfig =
  | { dialect: 'sqlite' /** A file, or `:memory:`. */; path: string }
  | { dialect: 'postgres'; url: string; maxConnections?: number };

export type ControlDeps = {
  /** ms UTC. Leases in PostgreSQL go by the server's clock unless this is given. */
  now?: () => number;
  /** Told of a PostgreSQL connection that failed while idle. */
  onError?: (error: Error) => void;
};

const open = (config: ControlConfig, { now, onError = () => {} }: ControlDeps): Database =>
  config.dialect === 'sqlite'
    ? openSqlite({ path: config.path, now: now ?? Date.now })
    : openPostgres({ url: config.url, maxConnections: config.maxConnections ?? 5, now, onError });

/**
 * The control store. Nothing is asked of the database but a file to open until the first call; call `migrate()`
 * before the others. A database that fails makes calls throw its driver's error.
 */
export const createControl = (config: ControlConfig, deps: ControlDeps = {}): Control => {
  const database = open(config, deps);
  const { db } = database;
  const now = deps.now ?? Date.now;
  return {
    dialect: database.dialect,
    migrate: () => database.migrate(),
    stores: createStores(database, { now }),
    keys: createKeys({ db, now }),
    leases: createLeases(database),
    state: createJobState({ db }),
    positions: createPositions({ db }),
    rejections: createRejections({ db }),
    erasures: createErasures(database, { now }),
    healthy: () =>
      sql`select 1`.execute(db).then(
        () => true,
        () => false,
      ),
    close: () => database.close(),
    [Symbol.asyncDispose]: () => database.close(),
  };
};
