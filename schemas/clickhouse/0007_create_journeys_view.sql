-- One row: a unit (visitor, session or cart) of one funnel on one local day on which it had a start or any stage's event.
CREATE VIEW IF NOT EXISTS journeys AS
SELECT store_id, funnel, unit_id, day, at AS started_at, hit, any, ms_to_next, node, definition_version
FROM ledger FINAL
WHERE kind = 'journey'
