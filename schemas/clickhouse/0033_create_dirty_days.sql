-- One row: whether the rollup of a store's local day may differ from its ledger rows. Set before the rows of the day are
-- written, cleared after its rollup has been: a rollup of a day that is not dirty says exactly what the ledger says.
-- A day without a row here has never had a ledger row. The largest version of a store grows before each ledger write
-- and after each rollup: as long as it stays, and no day in question is dirty, ledger and rollups of these days stand still.
CREATE TABLE IF NOT EXISTS dirty_days (
  store_id LowCardinality(String) COMMENT 'The store',
  rollup Enum8('funnel' = 1, 'cart' = 2, 'order' = 3) COMMENT 'Which: funnel_days, cart_days or order_days',
  day Date32 COMMENT 'Local day',
  version UInt64 COMMENT 'lease token * 2^32 + counter',
  dirty Bool COMMENT 'The rollup may be behind'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (store_id, rollup, day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
