-- One row: a figure of a store's day, as the one-day report prints it, that moved after the day had closed. Closed, by the
-- store's as_of before the change: orders and refunds 24 h after the day's end; a funnel its window after; carts when
-- the day is over and its settles_at is past. A change made in one step is one row; `since` tells steps apart, so that a
-- step that is done again after a crash replaces its row. A day on which the store had nothing at all yet is history
-- that is taken in for the first time: no row. Causes, in this order: `definition`: the ledgers were made anew by another
-- version; `time_zone`: by one with another zone (one row for the store, figure `all`, from and to the zones);
-- `bot`: more or fewer of the day's units are excluded; for carts, `recovered`: more are recovered, and one of the day's
-- carts was ordered after the day had closed; `revived`: more are revived, and one had activity after it had closed;
-- `late_order`: orders, refunds, stage purchase, and carts of which more are ordered; `late_event`: all else.
-- Key: the day, as reports ask; the figure and the step make it one change.
CREATE TABLE IF NOT EXISTS restatements (
  store_id LowCardinality(String) COMMENT 'The store',
  day Date32 COMMENT 'Local day of the figure; of the change for figure all',
  figure String COMMENT 'Path in a report: funnel UNIT/MODE/WINDOW stages.STAGE.units, abandonment carts.STATE, revenue CURRENCY carts.left, revenue CURRENCY orders.items ...; or all',
  since UInt64 COMMENT 'Version of the rollup row that said `from`; 0 when there was none',
  version UInt64 COMMENT 'lease token * 2^32 + counter',
  is_deleted UInt8 COMMENT '1: the change was undone before anybody could see it',
  `from` String COMMENT 'What the figure was: a whole number, minor units for money; a zone for figure all',
  `to` String COMMENT 'What it became',
  cause LowCardinality(String) COMMENT 'late_event, late_order, revived, recovered, definition, time_zone, bot or erasure',
  at DateTime64(3, 'UTC') COMMENT 'When'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (store_id, day, figure, since)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
