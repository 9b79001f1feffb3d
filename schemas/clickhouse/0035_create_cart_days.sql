-- One row: the carts opened on one local day of a store, but those of bots and of test orders, counted by all that
-- reports ask of them. Written whole from `ledger_rows` (see cart_days_of) whenever one of them has changed. Time passing
-- does not change it: a cart whose state still depends on time keeps its last activity, from which the state at any T
-- follows. A cart that was lost already at settled_at needs none: no report stands earlier than the ledgers' last event.
CREATE TABLE IF NOT EXISTS cart_days (
  store_id LowCardinality(String) COMMENT 'The store',
  day Date32 COMMENT 'Local day the carts were opened',
  version UInt64 COMMENT 'lease token * 2^32 + counter',
  settled_at DateTime64(3, 'UTC') COMMENT 'The ledgers'' last event when the row was made: reports at T before it must not use the row',
  excluded UInt64 COMMENT 'Carts of bots, left out of all else',
  last_activity_at DateTime64(3, 'UTC') COMMENT 'Latest activity of any cart; 1970 when there is none',
  last_ordered_at DateTime64(3, 'UTC') COMMENT 'Latest order that joined one; 1970 when there is none',
  settles_at DateTime64(3, 'UTC') COMMENT 'The latest last activity of a cart that is not ordered, and a + r: when the day''s figures close, if it is over; 1970 when there is none',
  cells Nested (
    has_checkout Bool,
    outcome LowCardinality(String),
    holds_items Bool,
    furthest LowCardinality(String),
    abandoned_point LowCardinality(String),
    reason LowCardinality(String),
    revived Bool,
    contactable Bool,
    idle_ms Int64,
    abandon_ms Int64,
    recovery_ms Int64,
    last_activity_at DateTime64(3, 'UTC'),
    carts UInt64,
    amounts Array(Tuple(currency LowCardinality(String), carts UInt64, value Int128, peak Int128))
  ) COMMENT 'Carts by the columns of these names in `carts` (revived: at least once; last_activity_at: 1970 when the state does not depend on time any more); `amounts` by currency: carts with a value in it, the sum of their values and of all peak values'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (store_id, day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
