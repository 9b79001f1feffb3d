/** What ingest is to those who start it: what it needs, and what it can be asked. */
import type { ClickHouse } from '@cartledger/clickhouse';
import type { Control } from '@cartledger/control';
import type { EventLog } from '@cartledger/event-log';
import type { Health, Logger, Metrics } from '@cartledger/service';
import type { Quarantine } from './quarantine.ts';
import type { AssignedPartition, IngestReadiness } from './readiness.ts';

export type IngestDeps = {
  log: EventLog;
  clickhouse: Pick<ClickHouse, 'insertNative' | 'query' | 'checkServer' | 'ping'>;
  control: {
    stores: Pick<Control['stores'], 'list'>;
    positions: Pick<Control['positions'], 'report' | 'keepOnly' | 'list'>;
    /** Default: nothing was ever erased. */
    erasures?: Pick<Control['erasures'], 'tombstones'>;
    /** Default: nobody can order anything, and what retention took is only counted. */
    state?: Pick<Control['state'], 'get' | 'set'>;
  };
  logger: Logger;
  metrics: Metrics;
  /** Gets the check `ingest`. */
  health?: Health;
  now: () => number;
  newBatchId?: () => string;
  /** Default: host and process. */
  instance?: string;
  random?: () => number;
  /** Default: nothing is ever set aside. */
  quarantine?: Quarantine;
  /** Told of a failure that only a new start mends; ingest has stopped then. */
  onFatal?: (error: unknown) => void;
};

export type Ingest = {
  /** Ready when it is running and has not been waiting for a store for more than a moment. */
  readiness(): IngestReadiness;
  partitions(): AssignedPartition[];
  /** Resolves when the log is being read. A store that is down is waited for afterwards; a log that is down throws. */
  start(): Promise<void>;
  /** Finishes the batches in hand, within a bound; what is not finished is taken in by the next start. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};
