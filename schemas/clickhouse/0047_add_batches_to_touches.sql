-- What is pending is asked every second, of batches and not of their visitors: a row each, kept by the parts themselves, so
-- that it is never behind them. Parts of before have none and are read as they were; they are gone within days.
-- A part that loses done touches makes its batches anew.
ALTER TABLE touches
  ADD PROJECTION IF NOT EXISTS batches (SELECT batch_id, count(), min(written_at) GROUP BY batch_id),
  MODIFY SETTING lightweight_mutation_projection_mode = 'rebuild'
