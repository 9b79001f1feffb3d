-- The rows of funnel_days as the ledger says them now, of the days from `from` to `to` of one store: what the rollup is
-- written from and compared with. A row each for funnels that have journeys on the day.
CREATE OR REPLACE VIEW funnel_days_of AS
SELECT store_id, funnel, day, max(versions) AS definition_version, sumIf(units, part = 'excluded') AS excluded,
  arraySort(groupArrayIf((after, before, bits, units), part = 'cell')) AS cell,
  arraySort(groupArrayIf((toUInt8(bits), after, units), part = 'any')) AS any_cell,
  arraySort(groupArrayIf((after, before, toUInt8(bits), sorted_ms), part = 'ms')) AS ms_cell,
  cell.1 AS `cells.counted_after`, cell.2 AS `cells.counted_before`, cell.3 AS `cells.hit`, cell.4 AS `cells.units`,
  any_cell.1 AS `any_cells.bit`, any_cell.2 AS `any_cells.after`, any_cell.3 AS `any_cells.units`,
  ms_cell.1 AS `ms_cells.counted_after`, ms_cell.2 AS `ms_cells.counted_before`, ms_cell.3 AS `ms_cells.bit`, ms_cell.4 AS `ms_cells.ms`
FROM (
  SELECT store_id, funnel, day, max(definition_version) AS versions, part, after, before, bits, count() AS units,
    arraySort(groupArrayIf(ms, part = 'ms')) AS sorted_ms
  FROM (
    SELECT store_id, funnel, day, definition_version,
      toDate32('1970-01-01') AS none,
      arrayJoin(if(excluded,
        [('excluded', none, none, toUInt32(0), toInt64(0))],
        arrayConcat(
          if(hit > 0, [('cell', counted_after, counted_before, hit, toInt64(0))], []),
          arrayMap((bit, i) -> ('any', any_after[i], none, toUInt32(bit), toInt64(0)),
            bitPositionsToArray(any), arrayEnumerate(bitPositionsToArray(any))),
          if(hit > 0,
            arrayMap((ms, i) -> ('ms', counted_after, counted_before, toUInt32(i - 1), ms), ms_to_next, arrayEnumerate(ms_to_next)),
            [])))) AS each,
      each.1 AS part, each.2 AS after, each.3 AS before, each.4 AS bits, each.5 AS ms
    FROM ledger_rows FINAL
    WHERE store_id = {store_id:String} AND kind = 'journey' AND day BETWEEN {from:Date32} AND {to:Date32}
  )
  GROUP BY store_id, funnel, day, part, after, before, bits
)
GROUP BY store_id, funnel, day
