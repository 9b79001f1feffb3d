import { type Block, type ClickHouse, ClickHouseError } from '@cartledger/clickhouse';
import { decodeBlock } from '@cartledger/clickhouse/testing';
import { lastGeneration } from '../tally.ts';
import { visitorsAtEnds, visitorsOfRange } from '../untold.ts';

type Row = Record<string, unknown>;

type LogPlace = { log_epoch: string; log_partition: number };

const offsetOf = (row: Row): number => Number(row.log_offset);

const rowsAtEnds = (events: readonly Row[], { log_epoch, log_partition, reach }: LogPlace & { reach: number }): Row[] =>
  [...Map.groupBy(events, (row) => `${row.log_epoch} ${row.log_partition}`).values()].flatMap((rows) => {
    const last = Math.max(...rows.map(offsetOf));
    return rows.filter(
      (row) =>
        offsetOf(row) + reach > last &&
        (row.log_epoch === log_epoch ? row.log_partition === log_partition : log_partition === 0),
    );
  });

const rowsOfRange = (
  events: readonly Row[],
  { log_epoch, log_partition, from, to }: LogPlace & { from: bigint; to: bigint },
): Row[] =>
  events.filter(
    (row) =>
      row.log_epoch === log_epoch && row.log_partition === log_partition && offsetOf(row) >= from && offsetOf(row) < to,
  );

/** ClickHouse as ingest sees it: `events` keeps the largest version of a key, `touches` keeps everything. */
export const createFakeStore = () => {
  const tables: Record<'events' | 'touches' | 'intake' | 'intake_runs', Row[]> = {
    events: [],
    touches: [],
    intake: [],
    intake_runs: [],
  };
  const hooks: {
    /** Called before each insert; may throw, or wait. */
    beforeInsert: (table: string, rows: readonly Row[]) => Promise<void> | void;
    /** Called after the rows are in, before the answer. */
    afterInsert: (table: string) => Promise<void> | void;
    isUp: () => boolean;
  } = { beforeInsert: () => {}, afterInsert: () => {}, isUp: () => true };

  const isTable = (name: string): name is keyof typeof tables => name in tables;
  const runsOf = ({ log_epoch, log_partition }: Row): Row[] =>
    tables.intake_runs.filter((run) => run.log_epoch === log_epoch && run.log_partition === log_partition);

  const unavailable = () => new ClickHouseError('unavailable', 'the fake is down', { retriable: true });

  const clickhouse = {
    insertNative: async (table: string, _columns: unknown, data: readonly Row[] | Block) => {
      if (!hooks.isUp()) throw unavailable();
      const rows = 'bytes' in data ? decodeBlock(data.bytes).rows : data;
      await hooks.beforeInsert(table, rows);
      if (isTable(table)) tables[table].push(...rows);
      await hooks.afterInsert(table);
    },
    query: async (query: { name: string }, params: LogPlace & { reach: number; from: bigint; to: bigint }) => {
      if (!hooks.isUp()) throw unavailable();
      if (query.name === visitorsAtEnds.name) return rowsAtEnds(tables.events, params);
      if (query.name === visitorsOfRange.name) return rowsOfRange(tables.events, params);
      if (query.name !== lastGeneration.name) throw new Error(`the fake answers no ${query.name}`);
      return [{ generation: Math.max(0, ...runsOf(params).map(({ generation }) => Number(generation))) }];
    },
    checkServer: async () => {
      if (!hooks.isUp()) throw unavailable();
      return { version: 'fake' };
    },
    ping: async () => hooks.isUp(),
  } as unknown as Pick<ClickHouse, 'insertNative' | 'query' | 'checkServer' | 'ping'>;

  /** Rows lie in the order of the table's key; here they are told in that of the log. */
  const byOffset = (a: Row, b: Row): number =>
    Number(a.log_partition) - Number(b.log_partition) || Number(a.log_offset) - Number(b.log_offset);

  /** events FINAL, by event_id. */
  const kept = (): Map<string, Row> => {
    const rows = new Map<string, Row>();
    for (const row of tables.events) {
      const key = `${row.store_id} ${row.visitor_hash} ${row.event_hash} ${new Date(Number(row.occurred_at)).toISOString().slice(0, 7)}`;
      const other = rows.get(key);
      if (other === undefined || BigInt(String(row.version)) >= BigInt(String(other.version))) rows.set(key, row);
    }
    return new Map([...rows.values()].sort(byOffset).map((row) => [String(row.event_id), row]));
  };

  /** What the view intake_counts makes of `intake`, summed by `store quarter measure`. */
  const counts = (): Record<string, number> => {
    const rows = new Map<string, Row>();
    for (const row of tables.intake) {
      const key = `${row.store_id} ${row.quarter} ${row.measure} ${row.log_epoch} ${row.log_partition} ${row.generation} ${row.first_offset}`;
      const other = rows.get(key);
      if (other === undefined || Number(row.batch_offset) >= Number(other.batch_offset)) rows.set(key, row);
    }
    const sums: Record<string, number> = {};
    for (const row of rows.values()) {
      const later = runsOf(row).filter(({ generation }) => Number(generation) > Number(row.generation));
      const nextStart = Math.min(...later.map(({ start_offset }) => Number(start_offset)));
      const [before, last] = [Number(row.counted_before), Number(row.counted)];
      const isMax = row.measure === 'clock_error_max_ms';
      const whole = isMax ? Math.max(before, last) : before + last;
      const part = Number(row.first_offset) < nextStart ? before : 0;
      const n = Number(row.batch_offset) < nextStart ? whole : part;
      const key = `${row.store_id} ${new Date(Number(row.quarter)).toISOString().slice(0, 16)} ${row.measure}`;
      sums[key] = isMax ? Math.max(sums[key] ?? 0, n) : (sums[key] ?? 0) + n;
    }
    return sums;
  };

  return { clickhouse, hooks, kept, counts, written: tables };
};

export type FakeStore = ReturnType<typeof createFakeStore>;
