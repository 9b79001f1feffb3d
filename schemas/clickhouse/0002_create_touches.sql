-- One row: a visitor whose events a batch changed, with the cart ids and order ids these events name. Written
-- after the events are visible, so a touch never precedes its event; written again when a batch is repeated.
-- Key: the batch, which is what the aggregator takes and later marks as done.
-- fsync, as in events: a touch lost with the power would leave its visitors' ledgers behind their events.
CREATE TABLE IF NOT EXISTS touches (
  batch_id UUID COMMENT 'The ingest batch',
  store_id LowCardinality(String) COMMENT 'The store',
  visitor_hash UInt64 COMMENT 'The visitor''s node',
  neighbors Array(UInt64) COMMENT 'Nodes of the cart ids and order ids: xxHash64 of ''c:'' and cart_id, of ''o:'' and order_id',
  written_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Server time; for cleaning up only'
)
ENGINE = MergeTree
ORDER BY (batch_id, store_id, visitor_hash)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
