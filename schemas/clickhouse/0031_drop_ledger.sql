-- Replaced by ledger_rows and ledger_keys.
DROP TABLE IF EXISTS ledger
