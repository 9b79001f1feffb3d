-- Stores without a state are rebuilt: their keys are made anew.
TRUNCATE TABLE IF EXISTS store_state
