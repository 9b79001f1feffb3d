-- The rows of cart_days as the ledger says them now, of the days from `from` to `to` of one store, settled at
-- `settled_at` (ms UTC): what the rollup is written from and compared with. A row each for days that have carts.
CREATE OR REPLACE VIEW cart_days_of AS
SELECT store_id, day, fromUnixTimestamp64Milli({settled_at:Int64}, 'UTC') AS settled_at, sum(left_out) AS excluded,
  max(latest_activity) AS last_activity_at, max(latest_order) AS last_ordered_at, max(latest_settling) AS settles_at,
  arraySort(groupArrayIf((key, carts, amounts), NOT of_bots)) AS cell,
  arrayMap(c -> c.1.1, cell) AS `cells.has_checkout`, arrayMap(c -> c.1.2, cell) AS `cells.outcome`,
  arrayMap(c -> c.1.3, cell) AS `cells.holds_items`, arrayMap(c -> c.1.4, cell) AS `cells.furthest`,
  arrayMap(c -> c.1.5, cell) AS `cells.abandoned_point`, arrayMap(c -> c.1.6, cell) AS `cells.reason`,
  arrayMap(c -> c.1.7, cell) AS `cells.revived`, arrayMap(c -> c.1.8, cell) AS `cells.contactable`,
  arrayMap(c -> c.1.9, cell) AS `cells.idle_ms`, arrayMap(c -> c.1.10, cell) AS `cells.abandon_ms`,
  arrayMap(c -> c.1.11, cell) AS `cells.recovery_ms`, arrayMap(c -> c.1.12, cell) AS `cells.last_activity_at`,
  arrayMap(c -> c.2, cell) AS `cells.carts`, arrayMap(c -> c.3, cell) AS `cells.amounts`
FROM (
  SELECT store_id, day, of_bots, key, sumIf(counted, currency = '' AND is_cart) AS carts,
    sumIf(counted, of_bots AND is_cart) AS left_out,
    max(activity) AS latest_activity, max(ordering) AS latest_order, max(settling) AS latest_settling,
    arraySort(groupArrayIf((currency, with_value, value, peak), NOT is_cart)) AS amounts
  FROM (
    SELECT store_id, day, of_bots, key, is_cart, currency, count() AS counted, countIf(has_value) AS with_value,
      sum(of_value) AS value, sum(of_peak) AS peak, max(activity_at) AS activity, max(order_at) AS ordering, max(settle_at) AS settling
    FROM (
      SELECT store_id, day, excluded AS of_bots,
        outcome = '' AND holds_items AS may_move,
        last_activity_at + toIntervalMillisecond(abandon_ms + recovery_ms) AS until,
        (has_checkout, outcome, holds_items, furthest, abandoned_point, reason, CAST(revived > 0, 'Bool'), contactable, idle_ms, abandon_ms, recovery_ms,
          if(may_move AND toUnixTimestamp64Milli(until) > {settled_at:Int64}, last_activity_at, fromUnixTimestamp64Milli(0, 'UTC'))) AS key,
        if(excluded, fromUnixTimestamp64Milli(0, 'UTC'), last_activity_at) AS activity_at,
        if(excluded, fromUnixTimestamp64Milli(0, 'UTC'), ordered_at) AS order_at,
        if(outcome = '' AND NOT excluded, until, fromUnixTimestamp64Milli(0, 'UTC')) AS settle_at,
        arrayJoin(arrayConcat(
          [(true, '', false, toInt128(0), toInt128(0))],
          arrayMap(c -> (false, c, has(value.currency, c), value.amount[indexOf(value.currency, c)],
            peak_value.amount[indexOf(peak_value.currency, c)]),
            arrayMap(c -> toString(c), arrayDistinct(arrayConcat(value.currency, peak_value.currency)))))) AS each,
        each.1 AS is_cart, each.2 AS currency, each.3 AS has_value, each.4 AS of_value, each.5 AS of_peak
      FROM ledger_rows FINAL
      WHERE store_id = {store_id:String} AND kind = 'cart' AND day BETWEEN {from:Date32} AND {to:Date32} AND NOT test
    )
    GROUP BY store_id, day, of_bots, key, is_cart, currency
  )
  GROUP BY store_id, day, of_bots, key
)
GROUP BY store_id, day
