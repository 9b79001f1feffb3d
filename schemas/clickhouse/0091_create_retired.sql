-- One row: a place in a store's identity graph (a visitor, a cart id or an order id) of which events, ledger rows and edges are
-- being removed by retention. Gathered page by page, so that each table is rewritten once; emptied when all is gone.
CREATE TABLE IF NOT EXISTS retired (
  store_id LowCardinality(String) COMMENT 'The store',
  node UInt64 COMMENT 'The place'
)
ENGINE = ReplacingMergeTree
ORDER BY (store_id, node)
