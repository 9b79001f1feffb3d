-- One row: a lease token under which an aggregator began to write. An insert into `ledger` is made only while no larger
-- token is here, so that a writer which lost its lease without knowing (paused, cut off) cannot bring back old rows.
CREATE TABLE IF NOT EXISTS ledger_writers (
  token UInt64 COMMENT 'The lease token',
  since DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Server time; for people'
)
ENGINE = MergeTree
ORDER BY token
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
