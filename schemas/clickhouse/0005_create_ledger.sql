-- One row: a unit of one of four ledgers (journey, cart, order, refund; see the views of these names). All rows of
-- a component (what hangs together by visitors, cart ids and order ids) are written by one insert of one block
-- into one table without partitions, which ClickHouse makes visible all at once: no reader sees half of a change.
-- Key: the unit. `version` is the writer's lease token and a counter: a zombie's rows lose against its successor's.
CREATE TABLE IF NOT EXISTS ledger (
  store_id LowCardinality(String) COMMENT 'The store',
  node UInt64 COMMENT 'The place in the identity graph that the row hangs on, by which old rows are found',
  kind Enum8('journey' = 1, 'cart' = 2, 'order' = 3, 'refund' = 4) COMMENT 'Which ledger',
  key String COMMENT 'What names the unit among those of its node and kind; not for reading',
  version UInt64 COMMENT 'lease token * 2^32 + counter',
  is_deleted UInt8 COMMENT '1: the unit is no more',
  digest UInt64 COMMENT 'Hash of the row''s content: a row that comes out the same is not written again',
  definition_version UInt32 COMMENT 'The definition the row was made by',
  day Date32 COMMENT 'Local day of the unit''s beginning',
  at DateTime64(3, 'UTC') COMMENT 'journey: start; cart: opened_at; order: ordered_at; refund: refunded_at',
  visitor_id String COMMENT 'journey, cart, order: the (first) visitor',
  -- journeys
  funnel LowCardinality(String) COMMENT 'journey: unit/mode/window_ms',
  unit_id String COMMENT 'journey, cart: the unit: visitor_id, or a session''s or cart''s identity as a JSON list (printed keys may coincide)',
  hit UInt32 COMMENT 'journey: bit k: counted at stage k',
  any UInt32 COMMENT 'journey: bit k: has an event of stage k on the day',
  ms_to_next Array(Int64) COMMENT 'journey: ms from stage k to k + 1',
  -- carts
  cart_key String COMMENT 'cart: printed key; order: that of the joined cart, or empty',
  cart_id String COMMENT 'cart: empty for a visitor''s own cart',
  last_activity_at DateTime64(3, 'UTC') COMMENT 'cart',
  holds_items Bool COMMENT 'cart',
  order_id String COMMENT 'cart: empty while not ordered; order; refund',
  ordered_at DateTime64(3, 'UTC') COMMENT 'cart: 1970 while not ordered',
  outcome LowCardinality(String) COMMENT 'cart: purchased, recovered, recovered_late, or empty while not ordered',
  first_abandoned_at DateTime64(3, 'UTC') COMMENT 'cart: 1970 when an event has never shown it',
  revived UInt32 COMMENT 'cart: how often revived',
  furthest LowCardinality(String) COMMENT 'cart: abandonment point',
  abandoned_point LowCardinality(String) COMMENT 'cart: furthest when last abandoned, or empty',
  has_checkout Bool COMMENT 'cart: has a checkout event',
  reason LowCardinality(String) COMMENT 'cart: code of the last friction after the last progress, or none',
  lines Nested (product_id String, variant_id String, name String, quantity UInt64, unit_price Nullable(Int64), currency LowCardinality(String)) COMMENT 'cart: the counted lines',
  value Nested (currency LowCardinality(String), amount Int128) COMMENT 'cart: value of the counted lines, minor units',
  peak_value Nested (currency LowCardinality(String), amount Int128) COMMENT 'cart: largest value ever, minor units',
  unpriced Bool COMMENT 'cart: a counted line has no stated price',
  products Nested (product_id String, name String) COMMENT 'cart: ever in the contents',
  bought Array(String) COMMENT 'cart: product ids bought',
  contactable Bool COMMENT 'cart: a customer_id is known',
  last_page String COMMENT 'cart: last page seen',
  last_product String COMMENT 'cart: last product seen',
  -- orders and refunds
  test Bool COMMENT 'cart, order, refund: of a test order, in no report',
  session_key String COMMENT 'order',
  customer_id String COMMENT 'order: empty when unknown',
  channel LowCardinality(String) COMMENT 'order',
  currency LowCardinality(String) COMMENT 'order, refund',
  without_cart_reason LowCardinality(String) COMMENT 'order: why it joined no cart, or empty',
  amount_items Int128 COMMENT 'order, refund: minor units',
  amount_discount Int128 COMMENT 'order: minor units',
  amount_tax_added Int128 COMMENT 'order: minor units',
  amount_shipping Int128 COMMENT 'order: minor units',
  amount_unexplained Int128 COMMENT 'order: minor units',
  amount_total Int128 COMMENT 'order, refund: minor units',
  bridge Nested (line LowCardinality(String), currency LowCardinality(String), amount Int128) COMMENT 'order: lines of the revenue bridge above gross_sales',
  cycle_started_at DateTime64(3, 'UTC') COMMENT 'order: the visitor''s first event after the previous order; 1970 when unknown',
  new_buyer Bool COMMENT 'order: no earlier order of the visitor',
  conflicts UInt32 COMMENT 'order: deliveries that differ from the winner',
  refund_id String COMMENT 'refund',
  refund_kind LowCardinality(String) COMMENT 'refund: refund, cancelled or chargeback',
  flag LowCardinality(String) COMMENT 'refund: unknown_order, other_currency, more_than_order, or empty'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (store_id, node, kind, key)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
