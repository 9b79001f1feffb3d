-- One row: the orders and refunds dated on one local day of a store, but tests, as sums. Written whole from
-- `ledger_rows` (see order_days_of) whenever one of them has changed. Amounts are positive minor units of the currency.
CREATE TABLE IF NOT EXISTS order_days (
  store_id LowCardinality(String) COMMENT 'The store',
  day Date32 COMMENT 'Local day of ordered_at, of refunded_at',
  version UInt64 COMMENT 'lease token * 2^32 + counter',
  sums Nested (
    currency LowCardinality(String),
    orders UInt64,
    without_cart UInt64,
    items Int128,
    discount Int128,
    tax_added Int128,
    shipping Int128,
    unexplained Int128,
    total Int128
  ) COMMENT 'Orders by their currency',
  bridge Nested (line LowCardinality(String), currency LowCardinality(String), amount Int128) COMMENT 'Lines of the revenue bridge above gross_sales, signed; the currency is the cart''s where that differs',
  refunds Nested (currency LowCardinality(String), refunds UInt64, total Int128, items Int128) COMMENT 'Refunds by their currency'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (store_id, day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
