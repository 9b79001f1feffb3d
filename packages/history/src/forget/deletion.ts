import { isDeepStrictEqual } from 'node:util';
import { type ClickHouse, defineQuery, integer } from '@cartledger/clickhouse';
import { z } from 'zod';
import { eventTables } from './event-tables.ts';
import { VERSION_OF_ROW } from './queries.ts';

const mutationsUnderWay = defineQuery({
  name: 'forget.mutations',
  sql: `
    SELECT count() AS mutations, max(latest_fail_reason) AS failed
    FROM system.mutations
    WHERE database = currentDatabase() AND table = {table:String} AND NOT is_done`,
  params: z.object({ table: z.string() }),
  row: z.object({ mutations: integer, failed: z.string() }),
});

/** Once more, until it is gone: rows that came in meanwhile get a mutation of their own. */
export type Look = 'gone' | 'under_way';

/**
 * Deletes rows from the disk, not only out of sight: a mutation rewrites the parts that have some of them. One look: `gone`
 * when none is left, `under_way` while a mutation of the table is (one is begun when there is none). Throws when one
 * fails, for those behind it would wait for ever.
 */
export const deletionOf = <P extends z.ZodObject>(table: string, where: string, params: P) => {
  const left = defineQuery({
    name: `forget.left_in_${table}`,
    sql: `SELECT count() AS rows FROM ${table} WHERE ${where}`,
    params,
    row: z.object({ rows: integer }),
  });
  return async (clickhouse: Pick<ClickHouse, 'query' | 'command'>, given: z.input<P>): Promise<Look> => {
    const [rows] = await clickhouse.query(left, given);
    if (rows === undefined || rows.rows === 0) return 'gone';
    const [mutations] = await clickhouse.query(mutationsUnderWay, { table });
    if (mutations !== undefined && mutations.failed !== '')
      throw new Error(`a mutation of ${table} fails: look at system.mutations, and mend or kill it`);
    if (mutations === undefined || mutations.mutations === 0)
      await clickhouse.command(`ALTER TABLE ${table} DELETE WHERE ${where}`, given);
    return 'under_way';
  };
};

const ofVersions = z.object({ store_id: z.string(), nodes: z.array(z.bigint()), rows: z.array(z.bigint()) });
const versionsOf = (table: string) =>
  deletionOf(
    table,
    `store_id = {store_id:String} AND node IN {nodes:Array(UInt64)} AND ${VERSION_OF_ROW} IN {rows:Array(UInt64)}`,
    ofVersions,
  );

/**
 * Of `events` and of every table that stands beside it. Each is looked at under the name that it has, so `gone` is
 * said only when none has changed places with another meanwhile.
 */
export const deletionOfEvents =
  <P extends z.ZodObject>(where: string, params: P) =>
  async (clickhouse: Pick<ClickHouse, 'query' | 'command'>, given: z.input<P>): Promise<Look> => {
    const tables = await clickhouse.query(eventTables, {});
    for (const { name } of tables)
      if ((await deletionOf(name, where, params)(clickhouse, given)) === 'under_way') return 'under_way';
    return isDeepStrictEqual(await clickhouse.query(eventTables, {}), tables) ? 'gone' : 'under_way';
  };

export const deleteEvents = deletionOfEvents(
  `store_id = {store_id:String} AND visitor_hash IN {visitors:Array(UInt64)}
    AND event_time <= fromUnixTimestamp64Milli({up_to:Int64})`,
  z.object({ store_id: z.string(), visitors: z.array(z.bigint()), up_to: z.int() }),
);

export const deleteLinks = deletionOf(
  'links',
  `store_id = {store_id:String} AND node IN {nodes:Array(UInt64)} AND cityHash64(node, neighbor) IN (
    SELECT cityHash64(each.1, each.2)
    FROM (SELECT arrayJoin(arrayZip({froms:Array(UInt64)}, {tos:Array(UInt64)})) AS each))`,
  z.object({ store_id: z.string(), nodes: z.array(z.bigint()), froms: z.array(z.bigint()), tos: z.array(z.bigint()) }),
);

export const deleteVersions = { ledger_rows: versionsOf('ledger_rows'), ledger_keys: versionsOf('ledger_keys') };
