import type { ClickHouse } from '@cartledger/clickhouse';
import type { Control } from '@cartledger/control';
import type { EventLog } from '@cartledger/event-log';
import type { Hasher } from '@cartledger/events';
import type { Logger } from '@cartledger/service';
import type { Hono } from 'hono';
import type { IngestConfig } from '../config.ts';
import type { Erased } from '../erased.ts';
import type { Ingest } from '../port.ts';
import type { Quarantine } from '../quarantine.ts';
import type { AdminEnv } from './caller.ts';
import type { LetterCatalog } from './letter-catalog.ts';

export type IngestAdminDeps = {
  ingest: Pick<Ingest, 'readiness' | 'partitions'>;
  log: EventLog;
  clickhouse: ClickHouse;
  control: Pick<Control, 'keys' | 'positions' | 'state' | 'leases' | 'erasures' | 'stores'>;
  /** The one that ingest has. */
  quarantine: Quarantine;
  logger: Logger;
  now: () => number;
};

export type IngestAdminConfig = Pick<
  IngestConfig,
  'topic' | 'deadLettersTopic' | 'groupId' | 'tombstones' | 'batch' | 'stores' | 'backoff'
>;

/** What every file of routes gets. */
export type AdminRoutes = {
  app: Hono<AdminEnv>;
  deps: IngestAdminDeps;
  config: IngestAdminConfig;
  hasher: Promise<Hasher>;
  catalog: LetterCatalog;
  erased: Erased;
};
