-- One row: a cart with its state at `as_of` (ms UTC) under the given thresholds, the one place where the state rule of
-- docs/definitions.md is said in SQL. Carts that a test order joined are in no report and not here.
CREATE VIEW IF NOT EXISTS carts_at AS
SELECT *,
  {as_of:Int64} - toUnixTimestamp64Milli(last_activity_at) AS inactive_ms,
  multiIf(
    outcome = 'purchased', 'purchased',
    outcome != '', 'recovered',
    NOT holds_items, 'emptied',
    inactive_ms < {idle_ms:Int64}, 'active',
    inactive_ms < {abandon_ms:Int64}, 'idle',
    inactive_ms < {abandon_ms:Int64} + {recovery_ms:Int64}, 'abandoned',
    'lost') AS state
FROM carts
WHERE NOT test
