-- For analysts. One row: the value of the carts opened on one local day at one stage, minor units of one currency.
-- Days of which retention has removed
-- something are left out: the reports have them.
CREATE OR REPLACE VIEW {analytics_database:Identifier}.revenue_by_stage_daily (
  store_id String COMMENT 'The store',
  day Date32 COMMENT 'Local day the carts were opened',
  currency String COMMENT 'ISO 4217',
  stage_number UInt8 COMMENT 'From 1',
  stage String COMMENT 'cart, checkout.start, checkout.contact, checkout.shipping, checkout.payment or purchase',
  carts UInt64 COMMENT 'Carts with a value in the currency that reached it',
  reached Int128 COMMENT 'Their value; an ordered cart has reached every stage',
  left_here Int128 COMMENT 'Value of carts abandoned or lost whose furthest stage it is',
  standing Int128 COMMENT 'Value of carts active or idle whose furthest stage it is',
  emptied Int128 COMMENT 'Value emptied carts last held whose furthest stage it is',
  recovered Int128 COMMENT 'Value of recovered carts whose furthest stage it was when they were last abandoned',
  as_of DateTime64(3, 'UTC') COMMENT 'The time the states are said for'
) AS
SELECT store_id, day, currency, stage_number, stage,
  countIf(reached_number >= stage_number) AS carts,
  sumIf(amount, reached_number >= stage_number) AS reached,
  sumIf(amount, reached_number = stage_number AND state IN ('abandoned', 'lost')) AS left_here,
  sumIf(amount, reached_number = stage_number AND state IN ('active', 'idle')) AS standing,
  sumIf(amount, reached_number = stage_number AND state = 'emptied') AS emptied,
  sumIf(amount, abandoned_point = stage AND state = 'recovered') AS recovered,
  max(as_of_time) AS as_of
FROM (
  SELECT store_id, day, state, c.as_of AS as_of_time, c.abandoned_point AS abandoned_point, currency, amount,
    ['cart', 'checkout.start', 'checkout.contact', 'checkout.shipping', 'checkout.payment', 'purchase'] AS stages,
    if(order_id != '', 6, indexOf(stages, furthest)) AS reached_number
  FROM carts_now AS c
  ARRAY JOIN mapKeys(value) AS currency, mapValues(value) AS amount
  WHERE day >= kept_from
)
ARRAY JOIN stages AS stage, arrayEnumerate(stages) AS stage_number
GROUP BY store_id, day, currency, stage_number, stage
