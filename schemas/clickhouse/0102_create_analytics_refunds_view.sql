-- For analysts. One row: a refund of all history but those of test orders. Amounts are minor units of its currency.
CREATE OR REPLACE VIEW {analytics_database:Identifier}.refunds (
  store_id String COMMENT 'The store',
  order_id String COMMENT 'The order it is of',
  refund_id String COMMENT 'The shop''s id of it',
  day Date32 COMMENT 'Local day of refunded_at: net of a day is the total of its orders less the total of its refunds',
  refunded_at DateTime64(3, 'UTC') COMMENT 'When the money went back',
  kind String COMMENT 'refund, cancelled or chargeback',
  flag String COMMENT 'unknown_order, other_currency, more_than_order, or empty',
  currency String COMMENT 'ISO 4217',
  items Int128 COMMENT 'What of it is for items',
  total Int128 COMMENT 'What went back'
) AS
SELECT store_id, order_id, refund_id, day, refunded_at, refund_kind AS kind, flag, currency, amount_items AS items,
  amount_total AS total
FROM refunds
WHERE NOT test
