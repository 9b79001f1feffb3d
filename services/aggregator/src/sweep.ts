import { bigInteger, type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import type { Store } from '@cartledger/control';
import { DAY_MS, HOUR_MS } from '@cartledger/funnel';
import type { Logger } from '@cartledger/service';
import { z } from 'zod';
import type { JobState } from './job-state.ts';
import type { Ledger } from './ledger.ts';
import type { AggregatorMetrics } from './metrics.ts';
import type { Note, Recompute } from './recompute.ts';
import type { Rollups } from './rollups.ts';

const STATE = 'aggregator/sweep';
/** A store is cut into as many slices as a day has hours, by the visitors' hashes and by days. */
const SLICES = DAY_MS / HOUR_MS;
const PLACES = 2n ** 64n;

const position = z.object({
  /** ms UTC, a whole hour: the slice of this hour is the next. */
  at: z.int(),
  /** The next visitor of the slice. */
  from: z.string().regex(/^\d+$/),
});
const stored = z.record(z.string(), position).nullable();
type Positions = Record<string, z.output<typeof position>>;

export const visitorsBetween = defineQuery({
  name: 'sweep.visitors',
  sql: `
    SELECT DISTINCT visitor_hash
    FROM events
    WHERE store_id = {store_id:String} AND visitor_hash BETWEEN {first:UInt64} AND {last:UInt64}
    ORDER BY visitor_hash
    LIMIT {limit:UInt32}`,
  params: z.object({ store_id: z.string(), first: z.bigint(), last: z.bigint(), limit: z.int() }),
  row: z.object({ visitor_hash: bigInteger }),
});

/** Places that rows hang on and that have no events, nor has a visitor next to them; and their neighbors. */
export const orphans = defineQuery({
  name: 'sweep.orphans',
  sql: `
    WITH neighborhood AS (
      SELECT node, neighbor FROM links WHERE store_id = {store_id:String} AND node BETWEEN {first:UInt64} AND {last:UInt64})
    SELECT k.node AS node, groupUniqArrayIf(n.neighbor, n.neighbor != 0) AS neighbors
    FROM (
      SELECT DISTINCT node FROM ledger_keys FINAL
      WHERE store_id = {store_id:String} AND node BETWEEN {first:UInt64} AND {last:UInt64}
        AND node NOT IN (
          SELECT visitor_hash FROM events
          WHERE store_id = {store_id:String} AND visitor_hash BETWEEN {first:UInt64} AND {last:UInt64})
        AND node NOT IN (
          SELECT node FROM neighborhood WHERE neighbor IN (
            SELECT visitor_hash FROM events
            WHERE store_id = {store_id:String} AND visitor_hash IN (SELECT neighbor FROM neighborhood)))
      ORDER BY node
      LIMIT {limit:UInt32}
    ) AS k
    LEFT JOIN neighborhood AS n ON k.node = n.node
    GROUP BY node
    ORDER BY node`,
  params: z.object({ store_id: z.string(), first: z.bigint(), last: z.bigint(), limit: z.int() }),
  row: z.object({ node: bigInteger, neighbors: z.array(bigInteger) }),
});

/** First and last place of a slice. */
const rangeOf = (at: number): { slice: number; first: bigint; last: bigint } => {
  const slice = Math.floor(at / HOUR_MS) % SLICES;
  const edge = (n: number): bigint => (PLACES * BigInt(n)) / BigInt(SLICES);
  return { slice, first: edge(slice), last: edge(slice + 1) - 1n };
};

/**
 * Within 24 hours every store is looked through once, a slice an hour and a page of visitors a run: their ledger rows
 * are computed from their events and compared with what the stored rows really say, so that one that was changed,
 * deleted or added by hand is mended, and so is an event that no touch has told of. Then the rollups of a slice of
 * its days are compared with the ledger. How far it is, is stored; what was missed while nobody ran is made up for.
 */
export const createSweep = (
  {
    clickhouse,
    state,
    ledger,
    recompute,
    rollups,
    metrics,
    logger,
  }: {
    clickhouse: ClickHouse;
    state: JobState;
    ledger: Ledger;
    recompute: Recompute;
    rollups: Rollups;
    metrics: AggregatorMetrics;
    logger: Logger;
  },
  { pageSize }: { pageSize: number },
) => {
  /** Of this process; another one that had the lease in between has done some slices more, which does no harm. */
  let known: Positions | null = null;

  const write = async (positions: Positions): Promise<void> => {
    await state.set(STATE, positions);
    known = positions;
  };

  const told = (store_id: string, what: 'ledger' | 'rollup', mended: number): void => {
    if (mended === 0) return;
    metrics.mended.inc({ what }, mended);
    logger.warn({ store_id, what, mended }, 'the sweep has mended what was not as its events say');
  };

  /** Components without any event left, which no visitor leads to: their rows are found by their keys. */
  const lookForOrphans = async (store: Store, first: bigint, last: bigint, note: Note): Promise<void> => {
    const { store_id } = store;
    for (let from = first; ; ) {
      const rows = await clickhouse.query(orphans, { store_id, first: from, last, limit: pageSize });
      // A place may be a visitor's or a cart's: with its neighbors there are visitors among them either way.
      const places = rows.flatMap(({ node, neighbors }) => [node, ...neighbors]);
      const touches = new Map(places.map((place) => [place, []]));
      const { mended } = await recompute([{ store, touches }], { verify: true, note });
      told(store_id, 'ledger', mended);
      const end = rows.at(-1)?.node;
      if (end === undefined || rows.length < pageSize || end === last) return;
      from = end + 1n;
    }
  };

  const next = (store_id: string, at: number): Positions => ({
    ...known,
    [store_id]: { at: at + HOUR_MS, from: `${rangeOf(at + HOUR_MS).first}` },
  });

  return {
    /** The store whose turn it is, of those given; null when all are done for this hour. */
    async due(stores: readonly Store[], now: number): Promise<Store | null> {
      known ??= stored.parse(await state.get(STATE)) ?? {};
      const hour = Math.floor(now / HOUR_MS) * HOUR_MS;
      const positions: Positions = { ...known };
      for (const { store_id } of stores) {
        const mine = positions[store_id];
        // More than a day behind is no more than a whole turn.
        const at = mine ? Math.max(mine.at, hour - DAY_MS) : hour;
        if (mine && mine.at < at) metrics.skippedSlices.inc((at - mine.at) / HOUR_MS);
        if (mine?.at !== at) positions[store_id] = { at, from: `${rangeOf(at).first}` };
      }
      if (Object.keys(positions).some((store_id) => positions[store_id] !== known?.[store_id])) await write(positions);
      const behind = stores.filter(({ store_id }) => (positions[store_id]?.at ?? hour) < hour);
      const at = (store: Store): number => positions[store.store_id]?.at ?? hour;
      return behind.reduce<Store | null>((best, store) => (best && at(best) <= at(store) ? best : store), null);
    },

    /** Leaves the rest of the slice alone until tomorrow. */
    async skip({ store_id }: Store): Promise<void> {
      const mine = known?.[store_id];
      if (!mine) return;
      metrics.skippedSlices.inc();
      await write(next(store_id, mine.at));
    },

    /** A page of the store's slice. `settledAt`: see rollups. */
    async page(store: Store, settledAt: number, note: Note): Promise<void> {
      const { store_id } = store;
      const mine = known?.[store_id];
      if (!mine) return;
      const { slice, first, last } = rangeOf(mine.at);
      const from = BigInt(mine.from);
      const page = await clickhouse.query(visitorsBetween, { store_id, first: from, last, limit: pageSize });
      const touches = new Map(page.map((row) => [row.visitor_hash, []]));
      const { mended } = await recompute([{ store, touches }], { verify: true, from, note });
      metrics.swept.inc(page.length);
      told(store_id, 'ledger', mended);
      const end = page.at(-1)?.visitor_hash;
      if (end !== undefined && page.length === pageSize && end < last)
        await write({ ...known, [store_id]: { at: mine.at, from: `${end + 1n}` } });
      else {
        await lookForOrphans(store, first, last, note);
        told(store_id, 'ledger', await ledger.removeStrays(store_id, first, last, pageSize));
        told(store_id, 'rollup', await rollups.verify(store_id, { slice, slices: SLICES }, settledAt));
        await write(next(store_id, mine.at));
      }
    },
  };
};
export type Sweep = ReturnType<typeof createSweep>;
