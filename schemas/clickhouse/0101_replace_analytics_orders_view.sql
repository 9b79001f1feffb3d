-- For analysts. One row: an order of all history but test orders. Amounts are minor units of its currency.
CREATE OR REPLACE VIEW {analytics_database:Identifier}.orders (
  store_id String COMMENT 'The store',
  order_id String COMMENT 'The shop''s id of it',
  day Date32 COMMENT 'Local day of ordered_at',
  ordered_at DateTime64(3, 'UTC') COMMENT 'Earliest time among the deliveries nearest to the customer',
  visitor_id String COMMENT 'Who ordered',
  channel String COMMENT 'Where it was sold',
  currency String COMMENT 'ISO 4217',
  cart_key String COMMENT 'The cart it closed, or empty',
  without_cart_reason String COMMENT 'Why it closed none: no_add_seen, no_common_product, cart_already_bought, other_channel, cart_excluded; else empty',
  items Int128 COMMENT 'Sum of quantity x unit_price, or what the order says; gross sales',
  discount Int128 COMMENT 'As the order says',
  tax_added Int128 COMMENT 'Tax that is on top of the prices; 0 when it is inside them',
  shipping Int128 COMMENT 'As the order says',
  unexplained Int128 COMMENT 'total - (items - discount + tax_added + shipping)',
  total Int128 COMMENT 'What was charged; refunds are rows of the view refunds',
  new_buyer Bool COMMENT 'No earlier order of its customer_id; without one, none of the visitor'
) AS
SELECT store_id, order_id, day, ordered_at, visitor_id, channel, currency, cart_key, without_cart_reason,
  amount_items AS items, amount_discount AS discount, amount_tax_added AS tax_added, amount_shipping AS shipping,
  amount_unexplained AS unexplained, amount_total AS total,
  CAST(if(customer_id = '', orders.new_buyer, (store_id, order_id) IN (
    SELECT store_id, argMin(order_id, (ordered_at, order_id)) FROM orders
    WHERE NOT test AND customer_id != '' GROUP BY store_id, customer_id
  )), 'Bool') AS new_buyer
FROM orders
WHERE NOT test
