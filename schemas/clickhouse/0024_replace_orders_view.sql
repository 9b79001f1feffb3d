-- One row: an order of all history, test orders included and flagged. Amounts are minor units of its currency.
CREATE OR REPLACE VIEW orders AS
SELECT store_id, order_id, day, at AS ordered_at, visitor_id, session_key, session_unit, customer_id, channel, currency,
  test, cart_key, without_cart_reason, amount_items, amount_discount, amount_tax_added, amount_shipping,
  amount_unexplained, amount_total, bridge.line, bridge.currency, bridge.amount, cycle_started_at, new_buyer, conflicts,
  node, definition_version
FROM ledger_rows FINAL
WHERE kind = 'order'
