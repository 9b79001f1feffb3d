-- What reports had been told when a day became dirty: only a day that had closed by then is restated. An aggregator that
-- comes back after a week takes in what was received in time.
ALTER TABLE dirty_days
  ADD COLUMN IF NOT EXISTS as_of DateTime64(3, 'UTC') COMMENT 'as_of of the store when the day became dirty; kept while it stays dirty; 1970 when reports had been told nothing'
