/**
 * What the quality report reads. Days are the store's: a delivery's is told by `starts`, the first second of each day of
 * the period (days begin at quarters of an hour, so quarters of receipt fit whole), a figure's by its own column.
 */
import { defineQuery, integer } from '@cartledger/clickhouse';
import { z } from 'zod';

const periodParams = z.object({ store_id: z.string(), from: z.string(), to: z.string() });

const NEVER = `toDateTime64(0, 3, 'UTC')`;

const receiptParams = z.object({
  store_id: z.string(),
  /** Unix seconds, ascending. */
  starts: z.array(z.number()).min(1),
  /** The first second after the last day. */
  until: z.number(),
});

export const intakeDays = defineQuery({
  name: 'quality_intake',
  sql: `
    SELECT roundDown(toUnixTimestamp(quarter), {starts:Array(UInt32)}) AS start, measure, sum(n) AS total, max(n) AS largest
    FROM intake_counts
    WHERE store_id = {store_id:String}
      AND quarter >= toDateTime({starts:Array(UInt32)}[1], 'UTC') AND quarter < toDateTime({until:UInt32}, 'UTC')
    GROUP BY start, measure
    HAVING total > 0`,
  params: receiptParams,
  row: z.object({ start: integer, measure: z.string(), total: integer, largest: integer }),
});

/**
 * Kept events by the day the kept delivery was received. Not by a range of received_at before FINAL: an earlier
 * delivery outside of it would be overlooked. Partitions are months of the key, so each is merged by itself.
 */
export const keptDays = defineQuery({
  name: 'quality_kept_events',
  sql: `
    SELECT roundDown(toUInt32(toUnixTimestamp(received_at)), {starts:Array(UInt32)}) AS start, count() AS events,
      countIf(source IN ('browser', 'import')) AS of_pages
    FROM events FINAL
    WHERE store_id = {store_id:String}
      AND received_at >= toDateTime({starts:Array(UInt32)}[1], 'UTC') AND received_at < toDateTime({until:UInt32}, 'UTC')
    GROUP BY start
    SETTINGS do_not_merge_across_partitions_select_final = 1`,
  params: receiptParams,
  row: z.object({
    start: integer,
    events: integer,
    /** Browsers', and imports', which tell what browsers did. */ of_pages: integer,
  }),
});

/**
 * Event ids of more than one kept event, each on the day the last of its events was received. Whether an id is one needs
 * no FINAL: deliveries of one event share visitor and month. Of the few that are, FINAL tells when their events were
 * received, read by the visitors, who stand in the key.
 */
export const conflictDays = defineQuery({
  name: 'quality_event_conflicts',
  sql: `
    SELECT roundDown(toUInt32(toUnixTimestamp(last)), {starts:Array(UInt32)}) AS start, count() AS ids
    FROM (
      SELECT event_hash, max(received_at) AS last
      FROM events FINAL
      WHERE store_id = {store_id:String} AND (visitor_hash, event_hash) IN (
        SELECT arrayJoin(groupUniqArray(visitor_hash)), event_hash
        FROM events
        WHERE store_id = {store_id:String} AND event_hash IN (
          SELECT event_hash FROM events WHERE store_id = {store_id:String} GROUP BY event_hash HAVING count() > 1
        )
        GROUP BY event_hash
        HAVING min(cityHash64(visitor_hash, toYYYYMM(occurred_at))) != max(cityHash64(visitor_hash, toYYYYMM(occurred_at)))
      )
      GROUP BY event_hash
    )
    WHERE last >= toDateTime({starts:Array(UInt32)}[1], 'UTC') AND last < toDateTime({until:UInt32}, 'UTC')
    GROUP BY start
    SETTINGS do_not_merge_across_partitions_select_final = 1, max_bytes_before_external_group_by = 1000000000`,
  params: receiptParams,
  row: z.object({ start: integer, ids: integer }),
});

/**
 * Orders that may have an earlier one of their visitor, and nothing of him since. A new customer may be an old visitor.
 */
const LOOKED_UP = `
  store_id = {store_id:String} AND day BETWEEN {from:Date32} AND {to:Date32}
    AND channel = 'web' AND cycle_started_at = ${NEVER} AND (NOT new_buyer OR customer_id != '')`;

/**
 * Orders by day, currency and why they are without a cart; tests apart. An order's cycle begins at the visitor's first event
 * since his previous order, so one of whose visitor nothing was ever seen is one without a cycle of whom no earlier order
 * has one. The past is read for those looked up, as far as their last day: where there are none, not at all.
 */
export const orderDays = defineQuery({
  name: 'quality_orders',
  sql: `
    SELECT toString(day) AS on_day, test, currency, without_cart_reason AS reason, count() AS orders, sum(conflicts) AS differing,
      sum(abs(amount_unexplained)) AS unexplained, sum(abs(amount_total)) AS total,
      countIf(channel = 'web' AND cycle_started_at = ${NEVER} AND (seen_by = ${NEVER} OR seen_by > ordered_at)) AS without_earlier_event
    FROM (
      SELECT day, test, currency, without_cart_reason, conflicts, amount_unexplained, amount_total, channel, cycle_started_at,
        visitor_id, ordered_at
      FROM orders
      WHERE store_id = {store_id:String} AND day BETWEEN {from:Date32} AND {to:Date32}
    ) AS dated
    LEFT JOIN (
      SELECT visitor_id, min(ordered_at) AS seen_by
      FROM orders
      WHERE store_id = {store_id:String} AND day <= (SELECT max(day) FROM orders WHERE ${LOOKED_UP})
        AND cycle_started_at != ${NEVER} AND visitor_id IN (SELECT visitor_id FROM orders WHERE ${LOOKED_UP})
      GROUP BY visitor_id
    ) AS seen USING (visitor_id)
    GROUP BY on_day, test, currency, reason
    SETTINGS join_use_nulls = 0`,
  params: periodParams,
  row: z.object({
    on_day: z.string(),
    test: z.boolean(),
    currency: z.string(),
    reason: z.string(),
    orders: integer,
    differing: integer,
    unexplained: z.coerce.bigint(),
    total: z.coerce.bigint(),
    without_earlier_event: integer,
  }),
});

export const cartDays = defineQuery({
  name: 'quality_carts',
  sql: `
    SELECT toString(day) AS on_day, countIf(NOT excluded) AS carts, countIf(NOT excluded AND cart_id = '') AS without_id,
      countIf(NOT excluded AND unpriced) AS unpriced, countIf(excluded) AS of_bots,
      sumIf(unmatched_removes, NOT excluded) AS unmatched
    FROM carts
    WHERE store_id = {store_id:String} AND day BETWEEN {from:Date32} AND {to:Date32} AND NOT test
    GROUP BY on_day`,
  params: periodParams,
  row: z.object({
    on_day: z.string(),
    carts: integer,
    without_id: integer,
    unpriced: integer,
    unmatched: integer,
    of_bots: integer,
  }),
});

export const botDays = defineQuery({
  name: 'quality_bots',
  sql: `
    SELECT toString(day) AS on_day, uniqExact(visitor_id) AS visitors
    FROM journeys
    WHERE store_id = {store_id:String} AND day BETWEEN {from:Date32} AND {to:Date32} AND excluded
    GROUP BY on_day`,
  params: periodParams,
  row: z.object({ on_day: z.string(), visitors: integer }),
});
