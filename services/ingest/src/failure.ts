import { ClickHouseError } from '@cartledger/clickhouse';
import { EventLogError } from '@cartledger/event-log';

/** A failure's code, for logs and counters: a closed set, never a message. */
export const codeOf = (error: unknown): string =>
  error instanceof ClickHouseError || error instanceof EventLogError ? error.code : 'unexpected';
