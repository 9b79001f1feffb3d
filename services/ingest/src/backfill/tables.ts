import { type ClickHouse, defineQuery, integer } from '@cartledger/clickhouse';
import { z } from 'zod';

type Uuids = { rebuilt: string; former: string };

const tablesHere = defineQuery({
  name: 'backfill.tables',
  sql: `SELECT name, toString(uuid) AS uuid, engine, replaceOne(create_table_query, concat(database, '.', name), '') AS definition
    FROM system.tables WHERE database = currentDatabase() AND (name = 'events' OR startsWith(name, 'events_'))`,
  params: z.object({}),
  row: z.object({ name: z.string(), uuid: z.string(), engine: z.string(), definition: z.string() }),
});

/** `needed`: what the events take on the disk now. */
const roomFound = defineQuery({
  name: 'backfill.room',
  sql: `SELECT
      (SELECT engine FROM system.databases WHERE name = currentDatabase()) AS engine,
      (SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase() AND table = 'events') AS needed,
      (SELECT sum(unreserved_space) FROM system.disks) AS free`,
  params: z.object({}),
  row: z.object({ engine: z.string(), needed: integer, free: z.coerce.number() }),
});

/** Why tables cannot change places here. */
export class UnsuitableTables extends Error {}

/** The tables of a backfill: told apart by their uuids, for their names change. */
export const createTables = (clickhouse: Pick<ClickHouse, 'query' | 'command'>) => {
  const found = () => clickhouse.query(tablesHere, {});

  const present = async ({ rebuilt }: Uuids): Promise<boolean> =>
    (await found()).some(({ name, uuid }) => name === 'events' && uuid === rebuilt);

  return {
    /** Throws UnsuitableTables where the server could not exchange tables, or has no room for a second one. */
    async check(): Promise<void> {
      const [room] = await clickhouse.query(roomFound, {});
      const events = (await found()).find(({ name }) => name === 'events');
      if (room === undefined || events === undefined) throw new UnsuitableTables('There is no table events.');
      if (room.engine !== 'Atomic')
        throw new UnsuitableTables(
          `The database’s engine is ${room.engine}: tables change places at once only in Atomic.`,
        );
      if (events.engine !== 'ReplacingMergeTree')
        throw new UnsuitableTables(`The engine of events is ${events.engine}: only a table of one server is rebuilt.`);
      if (room.free < room.needed * 1.1)
        throw new UnsuitableTables(
          `The disk has ${room.free} bytes left, and a second table of events needs ${room.needed}.`,
        );
    },

    /** Makes `table` as `events` is, if it is not there. */
    async make(table: string): Promise<Uuids> {
      await clickhouse.command(`CREATE TABLE IF NOT EXISTS \`${table}\` AS events`);
      const tables = await found();
      const uuidOf = (wanted: string): string => tables.find(({ name }) => name === wanted)?.uuid ?? '';
      return { rebuilt: uuidOf(table), former: uuidOf('events') };
    },

    isExchanged: present,

    /** The name that a table has now; null when it was dropped. */
    nameOf: async (wanted: string): Promise<string | null> =>
      (await found()).find(({ uuid }) => uuid === wanted)?.name ?? null,

    /**
     * Makes the rebuilt one `events` and the former one `before`. Done again from any point, it goes on: a second EXCHANGE
     * would undo the first, so it is asked for only while the rebuilt one has another name, and the rename takes from
     * whoever comes late the name that he would exchange. A former table that somebody has dropped by then (a process that
     * was cancelling, and stood still before it dropped what had that name) does not hinder it.
     */
    async swap(uuids: Uuids, before: string): Promise<void> {
      const tables = await found();
      const rebuilt = tables.find(({ uuid }) => uuid === uuids.rebuilt);
      const former = tables.find(({ uuid }) => uuid === uuids.former);
      if (rebuilt?.name === 'events' && former === undefined) return;
      if (rebuilt === undefined || former === undefined)
        throw new UnsuitableTables(
          'One of the two tables is gone, or was replaced: cancel the backfill and begin anew.',
        );
      if (rebuilt.name !== 'events') {
        if (former.name !== 'events')
          throw new UnsuitableTables('events is neither of the two tables: somebody has replaced it.');
        if (rebuilt.definition !== former.definition)
          throw new UnsuitableTables(
            'events was altered since the backfill began (a migration): cancel the backfill and begin anew.',
          );
        await clickhouse.command(`EXCHANGE TABLES events AND \`${rebuilt.name}\``);
      }
      const name = rebuilt.name === 'events' ? former.name : rebuilt.name;
      if (name !== before) await clickhouse.command(`RENAME TABLE \`${name}\` TO \`${before}\``);
      if (!(await present(uuids))) throw new Error('the tables have changed places once too often: it is done again');
    },

    /** However large it is. */
    async drop(table: string): Promise<void> {
      await clickhouse.command(`DROP TABLE IF EXISTS \`${table}\` SYNC SETTINGS max_table_size_to_drop = 0`);
    },
  };
};
export type Tables = ReturnType<typeof createTables>;
