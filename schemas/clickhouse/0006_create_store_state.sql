-- One row: how far a store's ledgers have been brought, and by which definition; the largest version counts.
CREATE TABLE IF NOT EXISTS store_state (
  store_id LowCardinality(String) COMMENT 'The store',
  version UInt64 COMMENT 'lease token * 2^32 + counter',
  as_of DateTime64(3, 'UTC') COMMENT 'The log has been taken in up to here',
  last_event_at DateTime64(3, 'UTC') COMMENT 'Latest event time in the ledgers',
  definition_version UInt32 COMMENT 'The definition the ledgers were made by',
  time_zone LowCardinality(String) COMMENT 'IANA zone of the store''s days',
  currency LowCardinality(String) COMMENT 'Reporting currency',
  stages Array(String) COMMENT 'The store''s stages, in order',
  idle_ms Int64 COMMENT 'Idle threshold',
  abandon_ms Int64 COMMENT 'Abandonment threshold',
  recovery_ms Int64 COMMENT 'Recovery window'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY store_id
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
