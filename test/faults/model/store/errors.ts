/** Errors as the client throws them, with the words and marks of the real one. */
import { ClickHouseError } from '@cartledger/clickhouse';

export const unavailable = (action: string): ClickHouseError =>
  new ClickHouseError('unavailable', `ClickHouse could not be reached for ${action}`, { retriable: true });

export const timeout = (action: string): ClickHouseError =>
  new ClickHouseError('timeout', `ClickHouse did not answer ${action} in time`, { retriable: true });

/** Passes by itself. */
export const overloaded = (code: string, action: string): ClickHouseError =>
  new ClickHouseError(code, `ClickHouse refused ${action}: ${code}`, { retriable: true });

/** Is about the values: other rows may be taken. */
export const refusedData = (code: string, action: string): ClickHouseError =>
  new ClickHouseError(code, `ClickHouse refused ${action}: ${code}`, { refusedData: true });

/** A wrong statement: neither passes by itself nor is it about the values. */
export const refused = (code: string, action: string): ClickHouseError =>
  new ClickHouseError(code, `ClickHouse refused ${action}: ${code}`);

export const conditionFailed = (table: string): ClickHouseError =>
  new ClickHouseError('condition_failed', `the condition of the insert into ${table} does not hold`);

/** What a server in trouble says, one after the other. */
export const REFUSALS = ['unavailable', 'TOO_MANY_PARTS', 'MEMORY_LIMIT_EXCEEDED', 'NOT_ENOUGH_SPACE', 'short_write'];
