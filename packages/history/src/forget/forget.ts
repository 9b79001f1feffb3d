import type { ClickHouse } from '@cartledger/clickhouse';
import { deleteEvents, deleteLinks, deleteVersions } from './deletion.ts';
import {
  daysBehind,
  heldOfVisitors,
  insertsUnderWay,
  ledgerOfNodes,
  overdueBy,
  staleEdges,
  thingsOfVisitors,
  undoneTouches,
  VERSIONS,
  visitorsOfCustomer,
} from './queries.ts';

/** Visitors of one erasure: as many hashes as one parameter holds. */
export const MAX_ERASED_VISITORS = 5_000;
const AT_ONCE = 5_000;
/** With a store's id each, of 64 characters at most. */
const TOMBSTONES_AT_ONCE = 1_000;

export type Visitors = { store_id: string; visitors: readonly bigint[] };

type Buried = { store_id: string; kind: 'visitor' | 'customer'; hash: bigint; up_to: number };

/** What the tables hold of some visitors: rows, and different ids that their events name. */
type Held = {
  events: number;
  visitors: number;
  customers: number;
  carts: number;
  orders: number;
  ledger_rows: number;
  /** Local days that their ledger rows count on. */
  days: string[];
  /** The latest event, ms UTC; 0 when there is none. */
  latest: number;
};

const TOUCH_COLUMNS = [
  { name: 'batch_id', type: 'UUID' },
  { name: 'store_id', type: 'LowCardinality(String)' },
  { name: 'visitor_hash', type: 'UInt64' },
  { name: 'neighbors', type: 'Array(UInt64)' },
] as const;

const inPieces = (all: readonly bigint[]): bigint[][] =>
  Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_, i) => all.slice(i * AT_ONCE, (i + 1) * AT_ONCE));

type Version = { unit: string; row: bigint; version: bigint; is_deleted: number };

/** Versions that a newer one of their unit stands for, but no tombstones. */
const superseded = (versions: readonly Version[]): bigint[] => {
  const latest = new Map<string, bigint>();
  for (const { unit, version } of versions) if (version > (latest.get(unit) ?? -1n)) latest.set(unit, version);
  return versions.flatMap(({ unit, version, is_deleted, row }) =>
    is_deleted === 0 && version < (latest.get(unit) ?? 0n) ? [row] : [],
  );
};

/**
 * Takes visitors out of the tables for good. Each deletion is one look, to be repeated until it says `gone`; done again
 * after it failed anywhere, it comes to the same. Order: `deleteEvents`, `touch`, `isTakenIn`, then `purge`, and `touch`.
 */
export const createForget = (clickhouse: Pick<ClickHouse, 'query' | 'command' | 'insertNative'>) => {
  /** The visitors' own places and those of all carts and orders they have ever named. */
  const nodesOf = async ({ store_id, visitors }: Visitors): Promise<bigint[]> => {
    const things = await clickhouse.query(thingsOfVisitors, { store_id, visitors: [...visitors] });
    return [...new Set([...visitors, ...things.map(({ neighbor }) => neighbor)])];
  };

  /**
   * Old data first, tombstones only when none is left: a row whose tombstone goes before it would be there again. What is
   * deleted is named, version by version, so what is written meanwhile stays.
   */
  const purgeTable = async (
    table: 'ledger_rows' | 'ledger_keys',
    store_id: string,
    nodes: bigint[],
    upTo: bigint,
  ): Promise<'gone' | 'under_way'> => {
    const all = await clickhouse.query(VERSIONS[table], { store_id, nodes });
    const versions = all.filter(({ version }) => version <= upTo);
    const old = superseded(versions);
    const gone = old.length > 0 ? old : versions.filter((each) => each.is_deleted === 1).map(({ row }) => row);
    const [rows = []] = inPieces(gone);
    if (rows.length === 0) return 'gone';
    await deleteVersions[table](clickhouse, { store_id, nodes, rows });
    return 'under_way';
  };

  const purgeLinks = async ({ store_id, visitors }: Visitors): Promise<'gone' | 'under_way'> => {
    const edges = (await clickhouse.query(staleEdges, { store_id, visitors: [...visitors] })).slice(0, AT_ONCE / 2);
    if (edges.length === 0) return 'gone';
    const froms = edges.flatMap(({ visitor, thing }) => [visitor, thing]);
    const tos = edges.flatMap(({ visitor, thing }) => [thing, visitor]);
    await deleteLinks(clickhouse, { store_id, nodes: [...new Set(froms)], froms, tos });
    return 'under_way';
  };

  return {
    /** One more than MAX_ERASED_VISITORS at most. */
    async visitorsOfCustomer(store_id: string, customer: bigint, up_to: number): Promise<bigint[]> {
      const asked = { store_id, customer, up_to, limit: MAX_ERASED_VISITORS + 1 };
      return (await clickhouse.query(visitorsOfCustomer, asked)).map(({ visitor_hash }) => visitor_hash);
    },

    /** Events up to `up_to`; of the ledgers what hangs on the visitors' places, whenever it was. */
    async held(of: Visitors, up_to: number): Promise<Held> {
      const { store_id } = of;
      const [held] = await clickhouse.query(heldOfVisitors, { store_id, visitors: [...of.visitors], up_to });
      const days = new Map<string, number>();
      for (const nodes of inPieces(await nodesOf(of)))
        for (const { day, units } of await clickhouse.query(ledgerOfNodes, { store_id, nodes }))
          days.set(day, (days.get(day) ?? 0) + units);
      const { events = 0, visitors = 0, customers = 0, carts = 0, orders = 0, latest = 0 } = held ?? {};
      const ledger_rows = [...days.values()].reduce((sum, units) => sum + units, 0);
      return { events, visitors, customers, carts, orders, ledger_rows, days: [...days.keys()], latest };
    },

    /** Whether an insert into `events`, or a table beside it, that began longer ago than `ms` is still under way. */
    async isInserting(ms: number): Promise<boolean> {
      const [row] = await clickhouse.query(insertsUnderWay, { seconds: ms / 1_000 });
      return row !== undefined && row.inserts > 0;
    },

    deleteEvents: ({ store_id, visitors }: Visitors, up_to: number): Promise<'gone' | 'under_way'> =>
      deleteEvents(clickhouse, { store_id, visitors: [...visitors], up_to }),

    /** Makes the ledgers look at the visitors; `batch_id` is a new one. */
    touch: ({ store_id, visitors }: Visitors, batch_id: string): Promise<void> =>
      clickhouse.insertNative(
        'touches',
        TOUCH_COLUMNS,
        visitors.map((visitor_hash) => ({ batch_id, store_id, visitor_hash, neighbors: [] })),
      ),

    /** Whether the ledgers say what the events do, and the rollups of `days` before `before` what the ledgers do. */
    async isTakenIn({ store_id, visitors }: Visitors, days: readonly string[], before: string): Promise<boolean> {
      const [undone] = await clickhouse.query(undoneTouches, { store_id, visitors: [...visitors] });
      if (undone === undefined || undone.touches > 0) return false;
      const [behind] = await clickhouse.query(daysBehind, { store_id, days: [...days], before });
      return behind !== undefined && behind.days === 0;
    },

    /** Of what the ledgers have of the visitors' places and those next to them; 0 when there is nothing. */
    async latestVersion(of: Visitors): Promise<bigint> {
      let latest = 0n;
      for (const nodes of inPieces(await nodesOf(of)))
        for (const table of ['ledger_rows', 'ledger_keys'] as const)
          for (const { version } of await clickhouse.query(VERSIONS[table], { store_id: of.store_id, nodes }))
            if (version > latest) latest = version;
      return latest;
    },

    /**
     * What the ledgers keep under newer rows, tombstones, and edges of the identity graph that no event names: of
     * places that are the visitors' or next to them, and of versions up to `upTo`.
     */
    async purge(of: Visitors, upTo: bigint): Promise<'gone' | 'under_way'> {
      for (const nodes of inPieces(await nodesOf(of)))
        for (const table of ['ledger_rows', 'ledger_keys'] as const)
          if ((await purgeTable(table, of.store_id, nodes, upTo)) === 'under_way') return 'under_way';
      return purgeLinks(of);
    },

    /** Visitors with an event that is to be gone by these tombstones, each with up to when. */
    async overdue(tombstones: readonly Buried[], table = 'events'): Promise<(Visitors & { up_to: number })[]> {
      const found: (Visitors & { up_to: number })[] = [];
      for (const kind of ['visitor', 'customer'] as const) {
        const ofKind = tombstones.filter((each) => each.kind === kind);
        for (let from = 0; from < ofKind.length; from += TOMBSTONES_AT_ONCE) {
          const some = ofKind.slice(from, from + TOMBSTONES_AT_ONCE);
          const rows = await clickhouse.query(overdueBy(kind, table), {
            stores: some.map(({ store_id }) => store_id),
            hashes: some.map(({ hash }) => hash),
            up_to: some.map(({ up_to }) => up_to),
          });
          for (const { store_id, visitor_hash, up_to } of rows)
            found.push({ store_id, visitors: [visitor_hash], up_to });
        }
      }
      return found;
    },
  };
};
