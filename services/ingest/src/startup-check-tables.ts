import type { TableNeeds } from '@cartledger/clickhouse';
import { EVENT_COLUMNS } from './event-row.ts';
import { INTAKE_COLUMNS, RUN_COLUMNS } from './tally.ts';
import { TOUCH_COLUMNS } from './touches.ts';

/** A machine that loses power keeps what an insert was answered for. */
const FLUSHED = { fsync_after_insert: '1', fsync_part_directory: '1' };

/** The tables that ingest writes, as rows that are written again and again need them. See schemas/clickhouse. */
export const WRITTEN_TABLES: readonly TableNeeds[] = [
  {
    table: 'events',
    engine: 'ReplacingMergeTree',
    version: 'version',
    sortingKey: 'store_id, visitor_hash, event_hash, toYYYYMM(occurred_at)',
    // Readers deduplicate within a partition only. Servers differ in how they print BETWEEN.
    partitionKey: [
      'if((toYear(occurred_at) >= 2015) AND (toYear(occurred_at) <= 2099), toYYYYMM(occurred_at), 0)',
      'if(toYear(occurred_at) BETWEEN 2015 AND 2099, toYYYYMM(occurred_at), 0)',
    ],
    columns: EVENT_COLUMNS,
    settings: FLUSHED,
  },
  {
    table: 'touches',
    engine: 'MergeTree',
    sortingKey: 'batch_id, store_id, visitor_hash',
    columns: TOUCH_COLUMNS,
    settings: FLUSHED,
  },
  {
    table: 'intake_runs',
    engine: 'ReplacingMergeTree',
    sortingKey: 'log_epoch, log_partition, generation',
    columns: RUN_COLUMNS,
    settings: FLUSHED,
  },
  {
    table: 'intake',
    engine: 'ReplacingMergeTree',
    version: 'batch_offset',
    sortingKey: 'store_id, quarter, measure, log_epoch, log_partition, generation, first_offset',
    // Blocks carry ms, which a quarter of an hour has none of: the server's conversion loses nothing.
    columns: INTAKE_COLUMNS.map(({ name, type }) => ({ name, type: name === 'quarter' ? "DateTime('UTC')" : type })),
    settings: FLUSHED,
  },
];
