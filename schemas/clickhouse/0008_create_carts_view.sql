-- One row: a cart of all history. Its state at T follows from holds_items, last_activity_at and outcome.
CREATE VIEW IF NOT EXISTS carts AS
SELECT store_id, cart_key, cart_id, visitor_id, day, at AS opened_at, last_activity_at, holds_items, order_id, ordered_at,
  outcome, first_abandoned_at, revived, furthest, abandoned_point, has_checkout, reason,
  lines.product_id, lines.variant_id, lines.name, lines.quantity, lines.unit_price, lines.currency,
  value.currency, value.amount, peak_value.currency, peak_value.amount, unpriced, products.product_id, products.name,
  bought, contactable, last_page, last_product, test, node, definition_version
FROM ledger FINAL
WHERE kind = 'cart'
