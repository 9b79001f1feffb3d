-- One row: what one run of ingest has counted of one measure in one quarter of an hour of receipt, without what a later
-- run counts again: the one place where that rule is. Sum n over runs and quarters; of clock_error_max_ms take the
-- largest. A delivery counts each time it stands in the log: repeats by the sender and replays of dead letters too.
CREATE VIEW IF NOT EXISTS intake_counts AS
SELECT store_id, quarter, measure,
  multiIf(
    next_start IS NULL OR batch_offset < next_start, if(measure = 'clock_error_max_ms', greatest(counted_before, counted), counted_before + counted),
    first_offset < next_start, counted_before,
    0) AS n
FROM intake FINAL
LEFT JOIN (
  SELECT log_epoch, log_partition, generation,
    min(toNullable(start_offset)) OVER (
      PARTITION BY log_epoch, log_partition ORDER BY generation ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
    ) AS next_start
  FROM intake_runs FINAL
) AS runs USING (log_epoch, log_partition, generation)
