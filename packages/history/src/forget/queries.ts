/** What is asked of a subject that is to be forgotten. Hashes only: ids would stand in the server's logs and mutations. */
import { bigInteger, defineQuery, integer } from '@cartledger/clickhouse';
import { z } from 'zod';

const visitors = z.array(z.bigint());
const ofVisitors = z.object({ store_id: z.string(), visitors });
const ofNodes = z.object({ store_id: z.string(), nodes: z.array(z.bigint()) });

/** Visitors with an event, up to `up_to`, that names the customer. */
export const visitorsOfCustomer = defineQuery({
  name: 'forget.visitors_of_customer',
  sql: `
    SELECT DISTINCT visitor_hash
    FROM events
    WHERE store_id = {store_id:String} AND customer_id != '' AND xxHash64(concat('k:', customer_id)) = {customer:UInt64}
      AND event_time <= fromUnixTimestamp64Milli({up_to:Int64})
    ORDER BY visitor_hash
    LIMIT {limit:UInt32}`,
  params: z.object({ store_id: z.string(), customer: z.bigint(), up_to: z.int(), limit: z.int() }),
  row: z.object({ visitor_hash: bigInteger }),
});

/** Rows of deliveries, repeats that are not merged yet too; of the other ids how many different ones they name. */
export const heldOfVisitors = defineQuery({
  name: 'forget.held',
  sql: `
    SELECT count() AS events, uniqExact(visitor_hash) AS visitors, uniqExactIf(customer_id, customer_id != '') AS customers,
      uniqExactIf(cart_id, cart_id != '') AS carts, uniqExactIf(order_id, order_id != '') AS orders,
      toUnixTimestamp64Milli(max(event_time)) AS latest
    FROM events
    WHERE store_id = {store_id:String} AND visitor_hash IN {visitors:Array(UInt64)}
      AND event_time <= fromUnixTimestamp64Milli({up_to:Int64})`,
  params: ofVisitors.extend({ up_to: z.int() }),
  row: z.object({
    events: integer,
    visitors: integer,
    customers: integer,
    carts: integer,
    orders: integer,
    latest: integer,
  }),
});

/** Cart ids and order ids that any delivery of the visitors has ever named. */
export const thingsOfVisitors = defineQuery({
  name: 'forget.things',
  sql: `
    SELECT DISTINCT neighbor
    FROM links
    WHERE store_id = {store_id:String} AND node IN {visitors:Array(UInt64)}`,
  params: ofVisitors,
  row: z.object({ neighbor: bigInteger }),
});

/** Edges that no event of theirs names any more. */
export const staleEdges = defineQuery({
  name: 'forget.stale_edges',
  sql: `
    SELECT DISTINCT node AS visitor, neighbor AS thing
    FROM links
    WHERE store_id = {store_id:String} AND node IN {visitors:Array(UInt64)}
      AND (node, neighbor) NOT IN (
        SELECT visitor_hash, arrayJoin([xxHash64(concat('c:', cart_id)), xxHash64(concat('o:', order_id))])
        FROM events
        WHERE store_id = {store_id:String} AND visitor_hash IN {visitors:Array(UInt64)})`,
  params: ofVisitors,
  row: z.object({ visitor: bigInteger, thing: bigInteger }),
});

/** What hangs on the places, and on which days it counts. */
export const ledgerOfNodes = defineQuery({
  name: 'forget.ledger',
  sql: `
    SELECT toString(day) AS day, count() AS units
    FROM ledger_keys FINAL
    WHERE store_id = {store_id:String} AND node IN {nodes:Array(UInt64)}
    GROUP BY day
    ORDER BY day`,
  params: ofNodes,
  row: z.object({ day: z.string(), units: integer }),
});

/** What tells a version of a row from every other one. */
export const VERSION_OF_ROW = 'cityHash64(toString(kind), day, node, key, version)';

const versionsIn = (table: 'ledger_rows' | 'ledger_keys') =>
  defineQuery({
    name: `forget.versions_of_${table}`,
    sql: `
      SELECT cityHash64(toString(kind), day, node, key) AS unit, ${VERSION_OF_ROW} AS row, version, is_deleted
      FROM ${table}
      WHERE store_id = {store_id:String} AND node IN {nodes:Array(UInt64)}`,
    params: ofNodes,
    row: z.object({ unit: z.string(), row: bigInteger, version: bigInteger, is_deleted: z.int() }),
  });
/** Every version that is not merged away yet. */
export const VERSIONS = { ledger_rows: versionsIn('ledger_rows'), ledger_keys: versionsIn('ledger_keys') };

/** Touches of the visitors that the ledgers have not taken in, those that are set aside too. */
export const undoneTouches = defineQuery({
  name: 'forget.undone_touches',
  sql: `
    SELECT count() AS touches
    FROM touches
    WHERE store_id = {store_id:String} AND visitor_hash IN {visitors:Array(UInt64)}
      AND batch_id NOT IN (SELECT batch_id FROM touched_batches_done)`,
  params: ofVisitors,
  row: z.object({ touches: integer }),
});

/** Of these days, those before `before` whose rollups are behind their ledger. */
export const daysBehind = defineQuery({
  name: 'forget.days_behind',
  sql: `
    SELECT uniqExact(day) AS days
    FROM dirty_days FINAL
    WHERE store_id = {store_id:String} AND dirty AND toString(day) IN {days:Array(String)} AND day < {before:Date32}`,
  params: z.object({ store_id: z.string(), days: z.array(z.string()), before: z.string() }),
  row: z.object({ days: integer }),
});

/** Inserts into `events`, and into the tables beside it, that began longer ago than so many seconds. */
export const insertsUnderWay = defineQuery({
  name: 'forget.inserts_under_way',
  sql: `
    SELECT count() AS inserts
    FROM system.processes
    WHERE query_kind = 'Insert' AND current_database = currentDatabase() AND startsWith(query, 'INSERT INTO \`events')
      AND elapsed >= {seconds:Float64}`,
  params: z.object({ seconds: z.number() }),
  row: z.object({ inserts: integer }),
});

const tombstonesParams = z.object({
  stores: z.array(z.string()),
  hashes: z.array(z.bigint()),
  up_to: z.array(z.int()),
});

/** What stands in a table of events against tombstones, which are given as three lists: visitors, and up to when. */
export const overdueBy = (kind: 'visitor' | 'customer', table: string) => {
  const hash = { visitor: 'visitor_hash', customer: "xxHash64(concat('k:', customer_id))" }[kind];
  const place = {
    visitor: '(store_id, visitor_hash) IN (SELECT arrayJoin(arrayZip({stores:Array(String)}, {hashes:Array(UInt64)})))',
    customer: "store_id IN {stores:Array(String)} AND customer_id != ''",
  }[kind];
  return defineQuery({
    name: `forget.overdue_by_${kind}`,
    sql: `
    SELECT store_id, visitor_hash, toInt64(max(erased.up_to)) AS up_to
    FROM (SELECT store_id, visitor_hash, event_time, ${hash} AS hash FROM ${table} WHERE ${place}) AS held
    INNER JOIN (
      SELECT each.1 AS store, each.2 AS hash, max(each.3) AS up_to
      FROM (SELECT arrayJoin(arrayZip({stores:Array(String)}, {hashes:Array(UInt64)}, {up_to:Array(Int64)})) AS each)
      GROUP BY store, hash
    ) AS erased ON held.store_id = erased.store AND held.hash = erased.hash
    WHERE event_time <= fromUnixTimestamp64Milli(erased.up_to)
    GROUP BY store_id, visitor_hash`,
    params: tombstonesParams,
    row: z.object({ store_id: z.string(), visitor_hash: bigInteger, up_to: integer }),
  });
};
