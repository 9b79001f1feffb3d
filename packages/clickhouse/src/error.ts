import { ClickHouseError as ServerError } from '@clickhouse/client';

/**
 * A failure of ClickHouse or of the way to it. `code` is the server's own name (`TOO_MANY_PARTS`) or one of ours:
 * `unavailable`, `timeout`, `aborted`, `short_write`, `short_answer`, `condition_failed`, `bad_row`, `bad_parameters`,
 * `unsuitable_server`.
 *
 * `retriable`: the same call may succeed later although nobody corrects it. `refusedData`: the server objects to
 * the values sent, so that sending them again can never help, while other rows may well be taken.
 *
 * The message never holds query text or data, so it may be logged. What the server said verbatim is in `detail()`,
 * which loggers do not see: print it on a developer's terminal only.
 */
export class ClickHouseError extends Error {
  readonly code: string;
  readonly retriable: boolean;
  readonly refusedData: boolean;
  readonly #detail: string;

  constructor(
    code: string,
    message: string,
    options: { retriable?: boolean; refusedData?: boolean; cause?: unknown; detail?: string } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'ClickHouseError';
    this.code = code;
    this.retriable = options.retriable ?? false;
    this.refusedData = options.refusedData ?? false;
    this.#detail = options.detail ?? message;
  }

  detail(): string {
    return this.#detail;
  }
}

/** Server errors that pass by themselves: load, space, replication, restarts. */
const RETRIABLE = new Set([
  'ABORTED',
  'ALL_CONNECTION_TRIES_FAILED',
  'ALL_REPLICAS_LOST',
  'CANNOT_ALLOCATE_MEMORY',
  'CANNOT_OPEN_FILE',
  // A request cut off on its way; our own blocks are whole.
  'CANNOT_READ_ALL_DATA',
  'CANNOT_SCHEDULE_TASK',
  'CANNOT_WRITE_TO_FILE_DESCRIPTOR',
  'DEADLOCK_AVOIDED',
  'DISTRIBUTED_TOO_MANY_PENDING_BYTES',
  'KEEPER_EXCEPTION',
  'MEMORY_LIMIT_EXCEEDED',
  'NETWORK_ERROR',
  'NOT_ENOUGH_SPACE',
  'NO_REPLICA_HAS_PART',
  'NO_ZOOKEEPER',
  'QUERY_WAS_CANCELLED',
  'QUOTA_EXCEEDED',
  'REPLICA_IS_NOT_IN_QUORUM',
  'SERVER_OVERLOADED',
  'SESSION_IS_LOCKED',
  'SOCKET_TIMEOUT',
  'TABLE_IS_READ_ONLY',
  'TIMEOUT_EXCEEDED',
  'TOO_FEW_LIVE_REPLICAS',
  'TOO_MANY_PARTS',
  'TOO_MANY_SIMULTANEOUS_QUERIES',
  'UNKNOWN_STATUS_OF_INSERT',
  'UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE',
]);

/** Server errors about values. A wrong schema is not among them: it would condemn every row. */
const REFUSED_DATA = new Set([
  'ARGUMENT_OUT_OF_BOUND',
  'CANNOT_CONVERT_TYPE',
  'CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN',
  'CANNOT_PARSE_DATE',
  'CANNOT_PARSE_DATETIME',
  'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
  'CANNOT_PARSE_NUMBER',
  'CANNOT_PARSE_QUOTED_STRING',
  'CANNOT_PARSE_TEXT',
  'CANNOT_PARSE_UUID',

  'DECIMAL_OVERFLOW',
  'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO',
  'INCORRECT_DATA',
  'SIZES_OF_ARRAYS_DONT_MATCH',
  'TOO_LARGE_ARRAY_SIZE',
  'TOO_LARGE_STRING_SIZE',
  'UNKNOWN_ELEMENT_OF_ENUM',
  'VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE',
  'VIOLATED_CONSTRAINT',
]);

const causeCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** Turns whatever the client threw during `action` (a name, never a query) into a ClickHouseError. */
export const toClickHouseError = (error: unknown, action: string): ClickHouseError => {
  if (error instanceof ClickHouseError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof ServerError) {
    const code = error.type ?? `code ${error.code}`;
    return new ClickHouseError(code, `ClickHouse refused ${action}: ${code} (${error.code})`, {
      retriable: RETRIABLE.has(code),
      refusedData: REFUSED_DATA.has(code),
      detail,
    });
  }
  if (detail.includes('Field value too long')) {
    return new ClickHouseError(
      'bad_parameters',
      `${action}: a parameter is over 128 KiB as text: ask in smaller parts`,
    );
  }
  if (detail === 'Timeout error.') {
    return new ClickHouseError('timeout', `ClickHouse did not answer ${action} in time`, { retriable: true });
  }
  if (detail === 'The user aborted a request.') {
    return new ClickHouseError('aborted', `${action} was aborted`);
  }
  const network = causeCode(error);
  return new ClickHouseError(
    'unavailable',
    `ClickHouse could not be reached for ${action}${network === undefined ? '' : `: ${network}`}`,
    { retriable: true, detail },
  );
};
