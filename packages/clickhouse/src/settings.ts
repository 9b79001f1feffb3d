import type { ClickHouseSettings } from '@clickhouse/client';

/**
 * Pinned on every insert; `checkServer` reads them back. Why each:
 * - insert_deduplicate: a token is logged before the part exists, so a retry after a kill would be dropped as a
 *   duplicate. Rows here may be written any number of times instead.
 * - async_insert: on by default since 26; the answer must mean that the rows are in a part.
 * - max_partitions_per_insert_block: a batch of old events may span many months.
 * - materialized_views_ignore_errors: an answered insert must not hide a failed view of an operator's own.
 */
export const INSERT_SETTINGS = {
  insert_deduplicate: 0,
  async_insert: 0,
  max_partitions_per_insert_block: '0',
  materialized_views_ignore_errors: 0,
} as const satisfies ClickHouseSettings;

/**
 * The server answers only when all is done, so that the status tells of every failure. Up to 16 MiB it keeps the answer
 * in memory meanwhile: by default in a file, for which there is no room on a full disk (see wholeAnswer).
 */
export const WAIT_FOR_END = {
  wait_end_of_query: 1,
  http_response_buffer_size: '16777216',
} as const satisfies ClickHouseSettings;

/** 64-bit and wider integers come as strings: JSON numbers would round them. */
export const READ_SETTINGS = {
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_decimals: 1,
  cancel_http_readonly_queries_on_client_close: 1,
} as const satisfies ClickHouseSettings;

/** The server gives a statement up before who asks for it does, however far it is. */
export const within = (patienceMs: number) =>
  ({
    max_execution_time: (patienceMs * 0.9) / 1_000,
    timeout_overflow_mode: 'throw',
  }) as const satisfies ClickHouseSettings;
