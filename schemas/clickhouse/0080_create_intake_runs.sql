-- One row: one run of ingest over a partition, from its assignment on: it takes in everything from start_offset, so
-- what an earlier run counted from there on is counted again and stands for nothing (see the view intake_counts).
-- Key: the partition (of one life of its topic) and the run. Written before the run's first row of intake.
-- generation: the time of the assignment (ms), or one above the largest that is here by then. The port of the log numbers
-- assignments within a process only; runs of a partition follow each other by its assignment, so a later run has the
-- larger generation, unless the clock it goes by is behind and its predecessor had been assigned but had not begun.
CREATE TABLE IF NOT EXISTS intake_runs (
  log_epoch LowCardinality(String) COMMENT 'Topic epoch',
  log_partition UInt32 COMMENT 'Partition',
  generation UInt64 COMMENT 'Grows from run to run of a partition',
  start_offset UInt64 COMMENT 'First offset of the first batch'
)
ENGINE = ReplacingMergeTree
ORDER BY (log_epoch, log_partition, generation)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
