/** SQL of the rows of the rollups as the ledger says them now: what they are written from, compared with and replaced by. */
import type { Rollup } from './dirty.ts';

/**
 * `which`: SQL, the rows of `ledger_rows` in question, by store_id and day; `settledAt`: SQL, ms UTC, of carts alone: see
 * schemas/clickhouse.
 */
type Of = { which: string; settledAt?: string };

/** A row each for the funnels that have journeys on a day. */
const ofFunnels = ({ which }: Of): string => `
  SELECT store_id, funnel, day, max(versions) AS definition_version, sumIf(units, part = 'excluded') AS excluded,
    arraySort(groupArrayIf((after, before, bits, units), part = 'cell')) AS cell,
    arraySort(groupArrayIf((toUInt8(bits), after, units), part = 'any')) AS any_cell,
    arraySort(groupArrayIf((after, before, toUInt8(bits), sorted_ms), part = 'ms')) AS ms_cell,
    cell.1 AS \`cells.counted_after\`, cell.2 AS \`cells.counted_before\`, cell.3 AS \`cells.hit\`, cell.4 AS \`cells.units\`,
    any_cell.1 AS \`any_cells.bit\`, any_cell.2 AS \`any_cells.after\`, any_cell.3 AS \`any_cells.units\`,
    ms_cell.1 AS \`ms_cells.counted_after\`, ms_cell.2 AS \`ms_cells.counted_before\`, ms_cell.3 AS \`ms_cells.bit\`,
    ms_cell.4 AS \`ms_cells.ms\`
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
      WHERE ${which} AND kind = 'journey'
    )
    GROUP BY store_id, funnel, day, part, after, before, bits
  )
  GROUP BY store_id, funnel, day`;

/** What carts of one cell are alike in, as the rollup names it. */
const KEYS_OF_CELLS = [
  'has_checkout',
  'outcome',
  'holds_items',
  'furthest',
  'abandoned_point',
  'reason',
  'revived',
  'contactable',
  'idle_ms',
  'abandon_ms',
  'recovery_ms',
  'last_activity_at',
] as const;
const cells = KEYS_OF_CELLS.map((name, i) => `arrayMap(c -> c.1.${i + 1}, cell) AS \`cells.${name}\``).join(', ');

/** The lists of a day of carts. */
export const CART_CELLS = [...KEYS_OF_CELLS, 'carts', 'amounts'].map((name) => `cells.${name}`);

/** A row each for days that have carts. A cart that was lost at `settledAt` has no last activity in its cell. */
const ofCarts = ({ which, settledAt = '0' }: Of): string => `
  SELECT store_id, day, fromUnixTimestamp64Milli(${settledAt}, 'UTC') AS settled_at, sum(left_out) AS excluded,
    max(latest_activity) AS last_activity_at, max(latest_order) AS last_ordered_at, max(latest_settling) AS settles_at,
    arraySort(groupArrayIf((key, carts, amounts), NOT of_bots)) AS cell,
    ${cells}, arrayMap(c -> c.2, cell) AS \`cells.carts\`, arrayMap(c -> c.3, cell) AS \`cells.amounts\`
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
            if(may_move AND toUnixTimestamp64Milli(until) > ${settledAt}, last_activity_at, fromUnixTimestamp64Milli(0, 'UTC'))) AS key,
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
        WHERE ${which} AND kind = 'cart' AND NOT test
      )
      GROUP BY store_id, day, of_bots, key, is_cart, currency
    )
    GROUP BY store_id, day, of_bots, key
  )
  GROUP BY store_id, day`;

/** A row each for days that have orders or refunds. */
const ofOrders = ({ which }: Of): string => `
  SELECT store_id, day,
    arraySort(groupArrayIf((currency, rows, without, a, b, c, d, e, f), part = 'order')) AS ordered,
    arraySort(groupArrayIf((line, currency, a), part = 'bridge')) AS bridged,
    arraySort(groupArrayIf((currency, rows, f, a), part = 'refund')) AS refunded,
    ordered.1 AS \`sums.currency\`, ordered.2 AS \`sums.orders\`, ordered.3 AS \`sums.without_cart\`, ordered.4 AS \`sums.items\`,
    ordered.5 AS \`sums.discount\`, ordered.6 AS \`sums.tax_added\`, ordered.7 AS \`sums.shipping\`,
    ordered.8 AS \`sums.unexplained\`, ordered.9 AS \`sums.total\`,
    bridged.1 AS \`bridge.line\`, bridged.2 AS \`bridge.currency\`, bridged.3 AS \`bridge.amount\`,
    refunded.1 AS \`refunds.currency\`, refunded.2 AS \`refunds.refunds\`, refunded.3 AS \`refunds.total\`, refunded.4 AS \`refunds.items\`
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
      WHERE ${which} AND kind IN ('order', 'refund') AND NOT test
    )
    GROUP BY store_id, day, part, line, currency
  )
  GROUP BY store_id, day`;

export const DAYS_OF_LEDGER: Readonly<Record<Rollup, (of: Of) => string>> = {
  funnel: ofFunnels,
  cart: ofCarts,
  order: ofOrders,
};
