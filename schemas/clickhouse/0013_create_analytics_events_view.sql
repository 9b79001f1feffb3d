-- For analysts. One row: an event, its deliveries deduplicated.
CREATE VIEW IF NOT EXISTS {analytics_database:Identifier}.events (
  store_id String COMMENT 'The store',
  event_id String COMMENT 'The sender''s id of the event',
  type String COMMENT 'visit, product_view, add_to_cart, remove_from_cart, cart_view, checkout, purchase, refund, friction or custom:*',
  event_time DateTime64(3, 'UTC') COMMENT 'When it happened: the client''s time corrected for its clock error, capped at received_at',
  occurred_at DateTime64(3, 'UTC') COMMENT 'The client''s own time',
  received_at DateTime64(3, 'UTC') COMMENT 'When the kept delivery was taken in',
  visitor_id String COMMENT 'Anonymous browser or device',
  session_id String COMMENT 'Empty when not sent',
  customer_id String COMMENT 'Opaque; empty when not sent',
  cart_id String COMMENT 'Empty when not sent',
  order_id String COMMENT 'On purchase and refund, else empty',
  checkout_step String COMMENT 'On checkout: start, contact, shipping or payment; empty when not sent, which means start',
  currency String COMMENT 'ISO 4217; empty when not sent',
  items Array(Tuple(product_id String, variant_id String, name String, category String, quantity UInt32, unit_price Nullable(Int64))) COMMENT 'Lines; unit_price in minor units of currency, NULL when not sent',
  amount_total Nullable(Int64) COMMENT 'Of a purchase or refund: minor units of currency',
  friction_code String COMMENT 'On friction, else empty',
  source String COMMENT 'browser, server, webhook or import',
  page String COMMENT 'JSON object; empty when not sent',
  campaign String COMMENT 'JSON object; empty when not sent',
  device String COMMENT 'JSON object; empty when not sent',
  properties String COMMENT 'JSON object of the store''s own; empty when not sent'
) AS
SELECT store_id, event_id, type, event_time, occurred_at, received_at, visitor_id, session_id, customer_id, cart_id, order_id,
  checkout_step, currency,
  arrayZip(items.product_id, items.variant_id, items.name, items.category, items.quantity, items.unit_price) AS items,
  amount_total, friction_code, source, page, campaign, device, properties
FROM events FINAL
