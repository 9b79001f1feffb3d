-- The rows of order_days as the ledger says them now, of the days from `from` to `to` of one store: what the rollup is
-- written from and compared with. A row each for days that have orders or refunds.
CREATE OR REPLACE VIEW order_days_of AS
SELECT store_id, day,
  arraySort(groupArrayIf((currency, rows, without, a, b, c, d, e, f), part = 'order')) AS ordered,
  arraySort(groupArrayIf((line, currency, a), part = 'bridge')) AS bridged,
  arraySort(groupArrayIf((currency, rows, f, a), part = 'refund')) AS refunded,
  ordered.1 AS `sums.currency`, ordered.2 AS `sums.orders`, ordered.3 AS `sums.without_cart`, ordered.4 AS `sums.items`,
  ordered.5 AS `sums.discount`, ordered.6 AS `sums.tax_added`, ordered.7 AS `sums.shipping`, ordered.8 AS `sums.unexplained`,
  ordered.9 AS `sums.total`,
  bridged.1 AS `bridge.line`, bridged.2 AS `bridge.currency`, bridged.3 AS `bridge.amount`,
  refunded.1 AS `refunds.currency`, refunded.2 AS `refunds.refunds`, refunded.3 AS `refunds.total`, refunded.4 AS `refunds.items`
FROM (
  SELECT store_id, day, part, line, currency, count() AS rows, countIf(no_cart) AS without,
    sum(items) AS a, sum(discount) AS b, sum(tax) AS c, sum(shipping) AS d, sum(unexplained) AS e, sum(total) AS f
  FROM (
    SELECT store_id, day, ledger_rows.cart_key = '' AS no_cart,
      arrayJoin(arrayConcat(
        [(if(kind = 'order', 'order', 'refund'), '', toString(ledger_rows.currency), amount_items, amount_discount,
          amount_tax_added, amount_shipping, amount_unexplained, amount_total)],
        arrayMap((l, c, x) -> ('bridge', toString(l), toString(c), x, toInt128(0), toInt128(0), toInt128(0), toInt128(0), toInt128(0)),
          bridge.line, bridge.currency, bridge.amount))) AS each,
      each.1 AS part, each.2 AS line, each.3 AS currency, each.4 AS items, each.5 AS discount, each.6 AS tax,
      each.7 AS shipping, each.8 AS unexplained, each.9 AS total
    FROM ledger_rows FINAL
    WHERE store_id = {store_id:String} AND kind IN ('order', 'refund') AND day BETWEEN {from:Date32} AND {to:Date32} AND NOT test
  )
  GROUP BY store_id, day, part, line, currency
)
GROUP BY store_id, day
