-- What readers are told of retention: reports read details, and the daily views of analysts days, from here on.
ALTER TABLE store_state
  ADD COLUMN IF NOT EXISTS kept_from Date32 COMMENT 'First local day of which nothing was removed by retention; 1970-01-01: nothing was'
