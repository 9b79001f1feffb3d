-- One row: an ingest batch whose touches have been taken into the ledgers. The aggregator's memory is this set,
-- never a clock or a count. Of all tables this one is not flushed at once: a mark that power loss undoes is made again,
-- and must never outlive the ledger rows it speaks of.
CREATE TABLE IF NOT EXISTS touched_batches_done (
  batch_id UUID COMMENT 'The ingest batch',
  done_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Server time; for cleaning up only'
)
ENGINE = ReplacingMergeTree
ORDER BY batch_id
