ALTER TABLE ledger_rows COMMENT COLUMN IF EXISTS definition_version 'journey, cart: the first version that describes units as the one in force on the day; order, refund: 0'
