-- One row: a cart with its state at `as_of` (ms UTC) by its own thresholds, the one place where the state rule of
-- docs/definitions.md is said in SQL. Carts that a test order joined, or that bots made, are in no report and not here.
CREATE OR REPLACE VIEW carts_at AS
SELECT *,
  {as_of:Int64} - toUnixTimestamp64Milli(last_activity_at) AS inactive_ms,
  multiIf(
    outcome = 'purchased', 'purchased',
    outcome != '', 'recovered',
    NOT holds_items, 'emptied',
    inactive_ms < idle_ms, 'active',
    inactive_ms < abandon_ms, 'idle',
    inactive_ms < abandon_ms + recovery_ms, 'abandoned',
    'lost') AS state
FROM carts
WHERE NOT test AND NOT excluded
