import { type Block, type ClickHouse, ClickHouseError } from '@cartledger/clickhouse';
import { decodeBlock } from './decode-block.ts';

type Row = Record<string, unknown>;

/** ClickHouse as ingest sees it: `events` keeps the largest version of a key, `touches` keeps everything. */
export const createFakeStore = () => {
  const tables: { events: Row[]; touches: Row[] } = { events: [], touches: [] };
  const hooks: {
    /** Called before each insert; may throw, or wait. */
    beforeInsert: (table: string, rows: readonly Row[]) => Promise<void> | void;
    /** Called after the rows are in, before the answer. */
    afterInsert: (table: string) => Promise<void> | void;
    isUp: () => boolean;
  } = { beforeInsert: () => {}, afterInsert: () => {}, isUp: () => true };

  const unavailable = () => new ClickHouseError('unavailable', 'the fake is down', { retriable: true });

  const clickhouse = {
    insertNative: async (table: string, _columns: unknown, data: readonly unknown[] | Block) => {
      if (!hooks.isUp()) throw unavailable();
      if (!('bytes' in data)) throw new Error('ingest inserts blocks');
      const rows = decodeBlock(data.bytes);
      await hooks.beforeInsert(table, rows);
      if (table === 'events' || table === 'touches') tables[table].push(...rows);
      await hooks.afterInsert(table);
    },
    checkServer: async () => {
      if (!hooks.isUp()) throw unavailable();
      return { version: 'fake' };
    },
    ping: async () => hooks.isUp(),
  } as unknown as Pick<ClickHouse, 'insertNative' | 'checkServer' | 'ping'>;

  /** events FINAL, by event_id. */
  const kept = (): Map<string, Row> => {
    const rows = new Map<string, Row>();
    for (const row of tables.events) {
      const key = `${row.store_id} ${row.visitor_hash} ${row.event_hash} ${new Date(Number(row.occurred_at)).toISOString().slice(0, 7)}`;
      const other = rows.get(key);
      if (other === undefined || BigInt(String(row.version)) >= BigInt(String(other.version))) rows.set(key, row);
    }
    return new Map([...rows.values()].map((row) => [String(row.event_id), row]));
  };

  return { clickhouse, hooks, kept, written: tables };
};

export type FakeStore = ReturnType<typeof createFakeStore>;
