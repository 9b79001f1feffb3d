import { bigInteger, type ClickHouse, defineQuery, integer } from '@cartledger/clickhouse';
import { z } from 'zod';
import { IN_SLICE, ofSlice, type Slice } from './slices.ts';

/** Of each partition of one life of the topic an offset. */
export type Offsets = { epoch: string; partitions: readonly { partition: number; offset: number }[] };

const ofOffsets = { epoch: z.string(), partitions: z.array(z.int()), offsets: z.array(z.bigint()) };

/** Rows of records at or behind the partition's offset; of a partition that is not named, all. */
const IS_BEHIND = `(log_epoch = {epoch:String}
  AND log_offset >= transform(log_partition, {partitions:Array(UInt32)}, {offsets:Array(UInt64)}, toUInt64(0)))`;

const params = ({ epoch, partitions }: Offsets) => ({
  epoch,
  partitions: partitions.map(({ partition }) => partition),
  offsets: partitions.map(({ offset }) => BigInt(offset)),
});

const rowsBefore = (table: string) =>
  defineQuery({
    name: 'backfill.rows_before',
    sql: `SELECT count() AS rows FROM \`${table}\` WHERE ${IN_SLICE} AND NOT ${IS_BEHIND}`,
    params: z.object({ ...ofSlice, ...ofOffsets }),
    row: z.object({ rows: integer }),
  });

/** Records [first, end) of a partition. */
type Range = { epoch: string; partition: number; first: bigint; end: bigint };
const IN_RANGE = `log_epoch = {epoch:String} AND log_partition = {partition:UInt32}
  AND log_offset >= {first:UInt64} AND log_offset < {end:UInt64}`;

/** Offsets by the month of their rows: what a record came from is not in the sort key, but its month is a partition. */
export type Places = ReadonlyMap<string, readonly bigint[]>;

const ofPlaces = z.object({ month: z.string(), epoch: z.string(), partition: z.int(), offsets: z.array(z.bigint()) });
const AT_PLACES = `_partition_id = {month:String} AND log_epoch = {epoch:String} AND log_partition = {partition:UInt32}
  AND log_offset IN {offsets:Array(UInt64)}`;

const monthsOf = defineQuery({
  name: 'backfill.months',
  sql: `SELECT DISTINCT partition_id AS month FROM system.parts
    WHERE active AND database = currentDatabase() AND table = {table:String} ORDER BY month`,
  params: z.object({ table: z.string() }),
  row: z.object({ month: z.string() }),
});

const offsetsOf = (table: string) =>
  defineQuery({
    name: 'backfill.offsets',
    sql: `SELECT DISTINCT log_offset FROM \`${table}\` WHERE ${AT_PLACES}`,
    params: ofPlaces,
    row: z.object({ log_offset: bigInteger }),
  });

/** As many as one parameter holds. */
const PLACES_AT_ONCE = 4_000;

/**
 * Rows that go from one table into the other as they are: of deliveries, not of events, so that it is the other table
 * that says which delivery of an event is kept.
 */
export const createRows = (clickhouse: Pick<ClickHouse, 'query' | 'command'>, from: string, into: string) => {
  const copy = (where: string, given: Readonly<Record<string, unknown>>): Promise<void> =>
    clickhouse.command(`INSERT INTO \`${into}\` SELECT * FROM \`${from}\` WHERE ${where}`, given);

  /** One month and a bounded list at a time: no statement looks at the whole table. */
  const pieces = function* (epoch: string, partition: number, places: Places) {
    for (const [month, offsets] of places)
      for (let at = 0; at < offsets.length; at += PLACES_AT_ONCE)
        yield { month, epoch, partition, offsets: offsets.slice(at, at + PLACES_AT_ONCE) };
  };

  return {
    /** Of a slice, those of records before the offsets, and of other topics; answers how many. */
    async copyBefore(slice: Slice, offsets: Offsets): Promise<number> {
      const given = { ...slice, ...params(offsets) };
      const [found] = await clickhouse.query(rowsBefore(from), given);
      if (found === undefined || found.rows === 0) return 0;
      await copy(`${IN_SLICE} AND NOT ${IS_BEHIND}`, given);
      return found.rows;
    },

    copyBehind: (slice: Slice, offsets: Offsets): Promise<void> =>
      copy(`${IN_SLICE} AND ${IS_BEHIND}`, { ...slice, ...params(offsets) }),

    copyRange: (slice: Slice, range: Range): Promise<void> =>
      copy(`${IN_SLICE} AND ${IN_RANGE}`, { ...slice, ...range }),

    /** Of every month that there is, for records that cannot be read for their own. */
    async anyMonth(offsets: readonly bigint[]): Promise<Places> {
      const months = await clickhouse.query(monthsOf, { table: from });
      return new Map(months.map(({ month }) => [month, offsets]));
    },

    /** Of these records, those that have a row in the month given. */
    async having(epoch: string, partition: number, places: Places): Promise<Places> {
      const having = new Map<string, bigint[]>();
      for (const piece of pieces(epoch, partition, places)) {
        const found = await clickhouse.query(offsetsOf(from), piece);
        const known = having.get(piece.month) ?? [];
        if (found.length > 0) having.set(piece.month, [...known, ...found.map(({ log_offset }) => log_offset)]);
      }
      return having;
    },

    async copyPlaces(epoch: string, partition: number, places: Places): Promise<void> {
      for (const piece of pieces(epoch, partition, places)) await copy(AT_PLACES, piece);
    },
  };
};
export type Rows = ReturnType<typeof createRows>;

const KEY = 'visitor_hash, event_hash, toYYYYMM(occurred_at) AS month_of_event';

/** One table's kept events of a slice: what an event says, but not by which of its equal deliveries it is kept. */
const side = (table: string, is: 0 | 1): string => `SELECT ${KEY}, toUInt8(${is}) AS is_after,
      sipHash64(tuple(* EXCEPT (log_epoch, log_partition, log_offset))) AS said
    FROM \`${table}\` FINAL WHERE ${IN_SLICE} AND NOT ${IS_BEHIND}`;

const byEvent = (before: string, after: string): string => `
  SELECT visitor_hash, countIf(is_after = 0) AS is_before, countIf(is_after = 1) AS is_after_too,
    maxIf(said, is_after = 0) AS was, maxIf(said, is_after = 1) AS is
  FROM (${side(before, 0)} UNION ALL ${side(after, 1)})
  GROUP BY visitor_hash, event_hash, month_of_event`;

const DIFFERS = 'is_before != is_after_too OR was != is';

const differences = (before: string, after: string) =>
  defineQuery({
    name: 'backfill.differences',
    sql: `SELECT sum(is_before) AS before, sum(is_after_too) AS after, countIf(is_before = 0) AS added,
        countIf(is_after_too = 0) AS removed, countIf(is_before > 0 AND is_after_too > 0 AND was != is) AS changed
      FROM (${byEvent(before, after)})`,
    params: z.object({ ...ofSlice, ...ofOffsets }),
    row: z.object({ before: integer, after: integer, added: integer, removed: integer, changed: integer }),
  });

const differingVisitors = (before: string, after: string) =>
  defineQuery({
    name: 'backfill.differing_visitors',
    sql: `SELECT DISTINCT visitor_hash FROM (${byEvent(before, after)}) WHERE ${DIFFERS} ORDER BY visitor_hash`,
    params: z.object({ ...ofSlice, ...ofOffsets }),
    row: z.object({ visitor_hash: bigInteger }),
  });

/** Compares kept events of two tables, slice by slice, as far as they are of records before the offsets. */
export const createComparison = (clickhouse: Pick<ClickHouse, 'query'>, before: string, after: string) => ({
  async differences(slice: Slice, offsets: Offsets) {
    const [found] = await clickhouse.query(differences(before, after), { ...slice, ...params(offsets) });
    return found ?? { before: 0, after: 0, added: 0, removed: 0, changed: 0 };
  },
  async visitors(slice: Slice, offsets: Offsets): Promise<bigint[]> {
    const rows = await clickhouse.query(differingVisitors(before, after), { ...slice, ...params(offsets) });
    return rows.map(({ visitor_hash }) => visitor_hash);
  },
});
