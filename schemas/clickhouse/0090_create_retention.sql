-- One row: up to when who was last heard of has been removed from a store (docs/retention.md). The latest `removed_before` of
-- a store counts, and never moves back. The rollups of whole days before it are frozen: they are not made anew from a ledger
-- that no longer has all of their rows. Written before anything is removed. Nothing else knows this: with rollups of frozen
-- days it is what a backup has to hold.
CREATE TABLE IF NOT EXISTS retention (
  store_id LowCardinality(String) COMMENT 'The store',
  definition_version UInt32 COMMENT 'The newest definition when it was written, by which the rollups frozen then were made',
  removed_before DateTime64(3, 'UTC') COMMENT 'Of what happened before, only what hangs together with something later is kept',
  at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Server time; for people'
)
ENGINE = ReplacingMergeTree
ORDER BY (store_id, definition_version, removed_before)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
