-- Stores without a state are rebuilt: their ledgers are made anew, in the new tables, from their events.
TRUNCATE TABLE IF EXISTS store_state
