-- One row: a cart of all history. Its state at T follows from holds_items, last_activity_at, outcome and its thresholds.
CREATE OR REPLACE VIEW carts AS
SELECT store_id, cart_key, cart_id, visitor_id, day, at AS opened_at, last_activity_at, holds_items, order_id, ordered_at,
  outcome, first_abandoned_at, revived, furthest, abandoned_point, has_checkout, reason,
  lines.product_id, lines.variant_id, lines.name, lines.quantity, lines.unit_price, lines.currency,
  value.currency, value.amount, peak_value.currency, peak_value.amount, unpriced, products.product_id, products.name,
  bought, contactable, last_page, last_product, test, node, definition_version, unit_id, excluded, last_abandoned_at,
  idle_ms, abandon_ms, recovery_ms, unmatched_removes
FROM ledger_rows FINAL
WHERE kind = 'cart'
