-- One row: a cart with its state as of the time its store's ledgers stand at: carts_at with what store_state says, for
-- the views of analysts, who pass no parameters. The two must say the same rule. `kept_from`: the first day of which retention has removed nothing.
CREATE OR REPLACE VIEW carts_now AS
SELECT c.store_id AS store_id, c.cart_key AS cart_key, c.visitor_id AS visitor_id, c.day AS day, c.opened_at AS opened_at,
  c.last_activity_at AS last_activity_at,
  multiIf(
    c.outcome = 'purchased', 'purchased',
    c.outcome != '', 'recovered',
    NOT c.holds_items, 'emptied',
    dateDiff('millisecond', c.last_activity_at, s.as_of) < c.idle_ms, 'active',
    dateDiff('millisecond', c.last_activity_at, s.as_of) < c.abandon_ms, 'idle',
    dateDiff('millisecond', c.last_activity_at, s.as_of) < c.abandon_ms + c.recovery_ms, 'abandoned',
    'lost') AS state,
  CAST(c.outcome = 'recovered_late', 'Bool') AS recovered_late, c.revived AS revived, c.furthest AS furthest,
  c.abandoned_point AS abandoned_point, c.reason AS reason,
  CAST((c.value.currency, c.value.amount), 'Map(String, Int128)') AS value,
  c.unpriced AS unpriced, c.order_id AS order_id, if(c.order_id = '', NULL, c.ordered_at) AS ordered_at, c.contactable AS contactable,
  s.as_of AS as_of, s.kept_from AS kept_from
FROM carts AS c
INNER JOIN (SELECT store_id, as_of, kept_from FROM store_state FINAL) AS s ON c.store_id = s.store_id
WHERE NOT c.test AND NOT c.excluded
