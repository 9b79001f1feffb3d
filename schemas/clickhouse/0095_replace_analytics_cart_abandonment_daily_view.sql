-- For analysts. One row: the carts a store's visitors opened on one local day, by their state as of now.
-- Days of which retention has removed
-- something are left out: the reports have them.
CREATE OR REPLACE VIEW {analytics_database:Identifier}.cart_abandonment_daily (
  store_id String COMMENT 'The store',
  day Date32 COMMENT 'Local day the carts were opened',
  created UInt64 COMMENT 'Carts opened; the sum of the seven states',
  active UInt64 COMMENT 'Hold items, last activity less than the idle threshold ago',
  idle UInt64 COMMENT 'Hold items, inactive, not yet abandoned',
  abandoned UInt64 COMMENT 'Hold items, inactive for the abandonment threshold, still within the recovery window',
  lost UInt64 COMMENT 'Hold items, the recovery window is over',
  emptied UInt64 COMMENT 'Hold nothing; never counted as abandoned',
  purchased UInt64 COMMENT 'Ordered before ever abandoned',
  recovered UInt64 COMMENT 'Ordered after an abandonment',
  recovered_late UInt64 COMMENT 'Of these, a recovery window or more after the latest',
  revived UInt64 COMMENT 'Carts revived at least once; no state',
  abandonment_rate Nullable(Float64) COMMENT '(abandoned + lost + recovered) / (abandoned + lost + recovered + purchased)',
  as_of DateTime64(3, 'UTC') COMMENT 'The time the states are said for'
) AS
SELECT store_id, day, count() AS created, countIf(state = 'active') AS active, countIf(state = 'idle') AS idle,
  countIf(state = 'abandoned') AS abandoned, countIf(state = 'lost') AS lost, countIf(state = 'emptied') AS emptied,
  countIf(state = 'purchased') AS purchased, countIf(state = 'recovered') AS recovered,
  countIf(c.recovered_late) AS recovered_late, countIf(c.revived > 0) AS revived,
  (abandoned + lost + recovered) / nullIf(abandoned + lost + recovered + purchased, 0) AS abandonment_rate,
  max(c.as_of) AS as_of
FROM carts_now AS c
WHERE day >= kept_from
GROUP BY store_id, day
