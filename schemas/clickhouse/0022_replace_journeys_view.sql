-- One row: a unit (visitor, session or cart) of one funnel on one local day on which it had a start or any stage's event.
-- A period counts the rows with hit > 0, day in it, counted_after before it and counted_before behind it.
CREATE OR REPLACE VIEW journeys AS
SELECT store_id, funnel, unit_id, day, at AS started_at, hit, any, ms_to_next, node, definition_version, visitor_id,
  counted_after, counted_before, any_after, dimensions.name, dimensions.value, excluded
FROM ledger_rows FINAL
WHERE kind = 'journey'
