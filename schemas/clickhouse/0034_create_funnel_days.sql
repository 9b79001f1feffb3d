-- One row: one funnel of a store on one local day: its journeys, but those of bots, counted by what a period has to know
-- of them. Written whole from `ledger_rows` (see funnel_days_of) whenever one of them has changed; empty lists when the
-- day has none any more. A period counts the cells of its days with counted_after before it and counted_before behind it.
-- Key: the funnel, then the day, as reports ask.
CREATE TABLE IF NOT EXISTS funnel_days (
  store_id LowCardinality(String) COMMENT 'The store',
  funnel LowCardinality(String) COMMENT 'unit/mode/window_ms',
  day Date32 COMMENT 'Local day',
  version UInt64 COMMENT 'lease token * 2^32 + counter',
  definition_version UInt32 COMMENT 'The definition in force on the day: whose stages the bits are',
  excluded UInt64 COMMENT 'Journeys of bots, left out of all else',
  cells Nested (counted_after Date32, counted_before Date32, hit UInt32, units UInt64) COMMENT 'Journeys with a start (hit > 0), by the columns of these names; each combination once',
  any_cells Nested (bit UInt8, after Date32, units UInt64) COMMENT 'Of each stage (bit k for stage k): journeys with an event of it; a period counts those whose `after` is before it',
  ms_cells Nested (counted_after Date32, counted_before Date32, bit UInt8, ms Array(Int64)) COMMENT 'ms from stage k to k + 1, sorted, of all journeys that made it, by which of them a period counts'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (store_id, funnel, day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
