-- For analysts. One row: a cart of all history with its state as of the time its store's ledgers stand at.
CREATE VIEW IF NOT EXISTS {analytics_database:Identifier}.carts (
  store_id String COMMENT 'The store',
  cart_key String COMMENT 'cart_id, cart_id#n after an order has closed it, or ~visitor_id:event_id of a cart without id',
  visitor_id String COMMENT 'Who opened it',
  day Date32 COMMENT 'Local day of its first event',
  opened_at DateTime64(3, 'UTC') COMMENT 'Its first event',
  last_activity_at DateTime64(3, 'UTC') COMMENT 'Its last activity',
  state String COMMENT 'active, idle, abandoned, lost, emptied, purchased or recovered, at as_of',
  recovered_late Bool COMMENT 'Ordered a recovery window or more after its latest abandonment',
  revived UInt32 COMMENT 'How often a cart event has revived it after an abandonment',
  furthest String COMMENT 'Abandonment point: cart, checkout.start, checkout.contact, checkout.shipping or checkout.payment',
  reason String COMMENT 'Code of the last friction after its last progress, or none',
  value Map(String, Int128) COMMENT 'Value of the counted lines, minor units by currency',
  unpriced Bool COMMENT 'A counted line has no stated price: the value lacks it',
  order_id String COMMENT 'Of the order that closed it, or empty',
  ordered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was ordered',
  contactable Bool COMMENT 'A customer_id is known',
  as_of DateTime64(3, 'UTC') COMMENT 'The time the state is said for'
) AS
SELECT store_id, cart_key, visitor_id, day, opened_at, last_activity_at, state, recovered_late, revived, furthest, reason, value,
  unpriced, order_id, ordered_at, contactable, as_of
FROM carts_now
