-- Rows of before say 0 until they are written anew: when a cart is touched, or by the daily sweep.
ALTER TABLE ledger_rows
  ADD COLUMN IF NOT EXISTS unmatched_removes UInt32 COMMENT 'cart: items of removes that matched nothing in the contents'
