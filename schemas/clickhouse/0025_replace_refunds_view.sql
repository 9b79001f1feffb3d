-- One row: a refund of all history, those of test orders included and flagged. Amounts are minor units of its currency.
CREATE OR REPLACE VIEW refunds AS
SELECT store_id, order_id, refund_id, day, at AS refunded_at, currency, amount_total, amount_items, refund_kind, flag, test,
  node, definition_version
FROM ledger_rows FINAL
WHERE kind = 'refund'
