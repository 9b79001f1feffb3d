-- One row: what one unit of a currency was worth on a day, in another, by one source. Whole units, not minor ones: exponents
-- come in where amounts are turned. The row inserted last counts, so that importing a mended file mends the rates.
-- Read by source and days, all currencies of a day together. A day without a row has no rate: none of another day is used.
CREATE TABLE IF NOT EXISTS fx_rates (
  source LowCardinality(String) COMMENT 'Whose rates, as definitions name it in fx_source: ecb',
  day Date32 COMMENT 'The day they are for',
  currency LowCardinality(String) COMMENT 'ISO 4217',
  base LowCardinality(String) COMMENT 'ISO 4217; never the currency itself',
  rate Decimal(38, 18) COMMENT 'One unit of the currency in units of the base; above 0',
  imported_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'Server time; for people'
)
ENGINE = ReplacingMergeTree
ORDER BY (source, day, currency, base)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
