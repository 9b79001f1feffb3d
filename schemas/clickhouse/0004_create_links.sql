-- One row: one direction of an edge of the identity graph between a visitor and a cart id or an order id that any
-- delivery has ever named together. Edges are never removed: what once hung together is recomputed together, so a
-- ledger row left behind by a change of key is found. A hash collision only makes a component larger.
CREATE TABLE IF NOT EXISTS links (
  store_id LowCardinality(String) COMMENT 'The store',
  node UInt64 COMMENT 'One end',
  neighbor UInt64 COMMENT 'The other end'
)
ENGINE = ReplacingMergeTree
ORDER BY (store_id, node, neighbor)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
