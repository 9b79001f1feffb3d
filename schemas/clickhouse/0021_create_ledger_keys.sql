-- One row: where a unit's row stands in `ledger_rows`, by the place in the identity graph it hangs on: how the old rows
-- of a component are found. Every row of `ledger_rows` has one here: keys are written (with digest 0) before the rows
-- and again, with their digest, when the rows are there. A digest of 0 says that the row may or may not be as computed.
-- Key: the node, then what names the row.
CREATE TABLE IF NOT EXISTS ledger_keys (
  store_id LowCardinality(String) COMMENT 'The store',
  node UInt64 COMMENT 'The place in the identity graph',
  kind Enum8('journey' = 1, 'cart' = 2, 'order' = 3, 'refund' = 4) COMMENT 'Which ledger',
  day Date32 COMMENT 'Of the row',
  key String COMMENT 'Of the row',
  version UInt64 COMMENT 'lease token * 2^32 + counter',
  is_deleted UInt8 COMMENT '1: the row has its tombstone',
  digest UInt64 COMMENT 'Hash of the row''s content: a row that comes out the same is not written again; 0: write it'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (store_id, node, kind, day, key)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
