-- One row: how often one thing (measure) was seen among the deliveries of a store that were received in one quarter of
-- an hour, as one run of ingest over one partition counted it from first_offset on. Read it through intake_counts.
-- Key: store and time, by which reports read; then who counted, and from where.
-- Exact under crashes, though a batch is counted before its offset is committed and may be counted again by another
-- run, cut differently: a row keeps what its last batch brought (counted) apart from what earlier ones did
-- (counted_before), and counts on only after the log has acknowledged the commit of that batch; after a commit in doubt
-- it begins a new row. A later run begins at the committed offset, so it counts again nothing of counted_before, and of
-- counted all or nothing, which start_offset and batch_offset tell. Rows are never taken from one another: a zombie's
-- last row is its own, and stands for nothing from its successor's start_offset on.
-- Not exact where an operator sets the group's offset back by hand: what was taken in twice is then counted twice in
-- those quarters that the offset lies in the middle of (the others go by first_offset).
-- fsync, as in events: a batch whose offset is committed must not lose its counts with the power.
CREATE TABLE IF NOT EXISTS intake (
  store_id LowCardinality(String) COMMENT 'The store; empty for records of which it cannot be told, or that name one that is not here',
  quarter DateTime('UTC') COMMENT 'Start of the quarter of an hour in which they were received',
  measure LowCardinality(String) COMMENT 'delivered, late, junk_id, browser_refund, clock_error, clock_error_max_ms, or rejected: and a reject code; see intake_counts',
  log_epoch LowCardinality(String) COMMENT 'Topic epoch',
  log_partition UInt32 COMMENT 'Partition',
  generation UInt64 COMMENT 'The run: see intake_runs',
  first_offset UInt64 COMMENT 'First offset of the first batch in the row',
  batch_offset UInt64 COMMENT 'First offset of the last batch in the row; the largest is the row that counts',
  counted_before UInt64 COMMENT 'Of the batches before the last one, all of them committed',
  counted UInt64 COMMENT 'Of the last batch'
)
ENGINE = ReplacingMergeTree(batch_offset)
ORDER BY (store_id, quarter, measure, log_epoch, log_partition, generation, first_offset)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
