-- One row: one delivery of one event, and after merging (or FINAL) one event. Rows may be written any number of
-- times: the version is made from the event alone, so the smallest received_at, then the smallest payload hash, wins.
-- Key: the event's identity (store, visitor, event_id) as hashes; a visitor's events lie together, which is how
-- ledgers are made. The month of the client's own time belongs to it, for an id in two months is two events: so
-- FINAL says the same whether or not it merges across partitions.
-- Partitioned by that month, which is the same in every delivery, so that the deduplicating read need not cross
-- partitions; what a broken clock dates outside 2015 to 2099 shares one odd partition.
-- fsync: a machine that loses power keeps what was answered.
CREATE TABLE IF NOT EXISTS events (
  store_id LowCardinality(String) COMMENT 'The store',
  visitor_hash UInt64 COMMENT 'xxHash64 of ''v:'' and visitor_id; the visitor''s node in the identity graph',
  event_hash UInt64 COMMENT 'xxHash64 of event_id',
  version UInt128 COMMENT '(2^64 - 1 - received_at in ms) * 2^64 + (2^64 - 1 - payload_hash): the largest is the kept delivery',
  event_id String COMMENT 'The sender''s id of the event',
  type LowCardinality(String) COMMENT 'visit, product_view, add_to_cart, ... or custom:*',
  event_time DateTime64(3, 'UTC') COMMENT 'When it happened: the client''s time corrected for its clock error, capped at received_at',
  occurred_at DateTime64(3, 'UTC') COMMENT 'The client''s own time',
  sent_at Nullable(DateTime64(3, 'UTC')) COMMENT 'The client''s clock at this attempt',
  received_at DateTime64(3, 'UTC') COMMENT 'When the collector or the log took it in',
  payload_hash UInt64 COMMENT 'xxHash64 of the payload; breaks ties of received_at',
  visitor_id String COMMENT 'Anonymous browser or device',
  session_id String COMMENT 'Empty when not sent',
  customer_id String COMMENT 'Opaque; empty when not sent',
  cart_id String COMMENT 'Empty when not sent',
  order_id String COMMENT 'On purchase and refund',
  refund_id String COMMENT 'On refund; empty when not sent',
  kind LowCardinality(String) COMMENT 'refund, cancelled or chargeback; empty when not sent',
  revision UInt32 COMMENT 'Of a purchase, for edits; 0 when not sent',
  test Bool COMMENT 'A test order',
  channel LowCardinality(String) COMMENT 'Where it was sold; empty when not sent, which means web',
  checkout_step LowCardinality(String) COMMENT 'start, contact, shipping, payment; empty when not sent, which means start',
  currency LowCardinality(String) COMMENT 'ISO 4217; empty when not sent',
  has_items Bool COMMENT 'Whether items was sent: an empty list is not the same as none',
  cart_snapshot Bool COMMENT 'The items of an add are the whole cart',
  items Nested (product_id String, variant_id String, name String, category String, quantity UInt32, unit_price Nullable(Int64)) COMMENT 'Lines; unit_price in minor units, NULL when not sent',
  amount_items Nullable(Int64) COMMENT 'Minor units; NULL when not sent',
  amount_discount Nullable(Int64) COMMENT 'Minor units; NULL when not sent',
  amount_tax Nullable(Int64) COMMENT 'Minor units; NULL when not sent',
  amount_shipping Nullable(Int64) COMMENT 'Minor units; NULL when not sent',
  amount_total Nullable(Int64) COMMENT 'Minor units; NULL when not sent',
  friction_code LowCardinality(String) COMMENT 'Empty when not sent',
  friction_message String COMMENT 'Empty when not sent',
  page String COMMENT 'JSON object; empty when not sent',
  campaign String COMMENT 'JSON object; empty when not sent',
  device String COMMENT 'JSON object; empty when not sent',
  consent String COMMENT 'JSON object; empty when not sent',
  source LowCardinality(String) COMMENT 'browser, server, webhook or import',
  properties String COMMENT 'JSON object of the store''s own; empty when not sent',
  log_epoch LowCardinality(String) COMMENT 'Topic epoch of the kept delivery',
  log_partition UInt32 COMMENT 'Partition of the kept delivery',
  log_offset UInt64 COMMENT 'Offset of the kept delivery'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY if(toYear(occurred_at) BETWEEN 2015 AND 2099, toYYYYMM(occurred_at), 0)
ORDER BY (store_id, visitor_hash, event_hash, toYYYYMM(occurred_at))
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
