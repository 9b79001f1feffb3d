/** Who was last heard of before an instant, and how all that is known of them goes: see docs/retention.md. */
import { bigInteger, type ClickHouse, defineQuery, integer } from '@cartledger/clickhouse';
import { z } from 'zod';
import type { Component } from '../graph.ts';
import { createLinks } from '../links.ts';
import { chunksOf, inPlaces, placesParams } from '../places.ts';
import { deletionOf, deletionOfEvents, type Look } from './deletion.ts';

/** Whose event is behind so many others, from a visitor on; none when there are no more. */
const visitorBehind = defineQuery({
  name: 'retire.behind',
  sql: `
    SELECT visitor_hash
    FROM events
    WHERE store_id = {store_id:String} AND visitor_hash >= {from:UInt64}
    ORDER BY visitor_hash
    LIMIT 1 OFFSET {others:UInt32}`,
  params: z.object({ store_id: z.string(), from: z.bigint(), others: z.int() }),
  row: z.object({ visitor_hash: bigInteger }),
});

/** In the order of the table, so that no more is read than a page needs, and never behind `last`, however few are silent. */
const silentVisitors = defineQuery({
  name: 'retire.silent',
  sql: `
    SELECT visitor_hash, count() AS events
    FROM events
    WHERE store_id = {store_id:String} AND visitor_hash BETWEEN {from:UInt64} AND {last:UInt64}
    GROUP BY store_id, visitor_hash
    HAVING max(event_time) < fromUnixTimestamp64Milli({before:Int64})
    ORDER BY visitor_hash
    LIMIT {limit:UInt32}
    SETTINGS optimize_aggregation_in_order = 1`,
  params: z.object({ store_id: z.string(), from: z.bigint(), last: z.bigint(), before: z.int(), limit: z.int() }),
  row: z.object({ visitor_hash: bigInteger, events: integer }),
});

const heardVisitors = defineQuery({
  name: 'retire.heard',
  sql: `
    SELECT DISTINCT visitor_hash FROM events
    WHERE ${inPlaces('visitor_hash')} AND event_time >= fromUnixTimestamp64Milli({before:Int64})`,
  params: placesParams.extend({ before: z.int() }),
  row: z.object({ visitor_hash: bigInteger }),
});

/** Places of orders whose customer has ordered since: without them, that later order would become a new buyer's. */
const returnedCustomers = defineQuery({
  name: 'retire.returned',
  sql: `
    SELECT DISTINCT node FROM ledger_rows
    WHERE store_id = {store_id:String} AND kind = 'order' AND day < {kept_from:Date32} AND ${inPlaces('node')}
      AND customer_id IN (
        SELECT customer_id FROM ledger_rows
        WHERE store_id = {store_id:String} AND kind = 'order' AND day >= {kept_from:Date32} AND customer_id != '')`,
  params: placesParams.extend({ store_id: z.string(), kept_from: z.string() }),
  row: z.object({ node: bigInteger }),
});

const RETIRED = 'SELECT node FROM retired WHERE store_id = {store_id:String}';
/** Of those retired, who has been heard of since: what is older is gone all the same. */
const BACK = `SELECT visitor_hash FROM events WHERE store_id = {store_id:String} AND visitor_hash IN (${RETIRED})`;

const backVisitors = defineQuery({
  name: 'retire.back',
  sql: `SELECT DISTINCT visitor_hash FROM (${BACK})`,
  params: z.object({ store_id: z.string() }),
  row: z.object({ visitor_hash: bigInteger }),
});

const ofStore = z.object({ store_id: z.string() });
const ofDays = ofStore.extend({ kept_from: z.string() });
const OF_DAYS = `store_id = {store_id:String} AND day < {kept_from:Date32} AND node IN (${RETIRED})`;

const deleteEvents = deletionOfEvents(
  `store_id = {store_id:String} AND visitor_hash IN (${RETIRED}) AND event_time < fromUnixTimestamp64Milli({before:Int64})`,
  ofStore.extend({ before: z.int() }),
);
const deleteRows = deletionOf('ledger_rows', OF_DAYS, ofDays);
const deleteKeys = deletionOf('ledger_keys', OF_DAYS, ofDays);
/** Both ends of every edge of a component are among its places; who is back keeps his. */
const deleteLinks = deletionOf(
  'links',
  `store_id = {store_id:String} AND node IN (${RETIRED}) AND neighbor IN (${RETIRED}) AND node NOT IN (${BACK}) AND neighbor NOT IN (${BACK})`,
  ofStore,
);
const emptyRetired = deletionOf('retired', 'store_id = {store_id:String}', ofStore);

const RETIRED_COLUMNS = [
  { name: 'store_id', type: 'LowCardinality(String)' },
  { name: 'node', type: 'UInt64' },
] as const;

/** Of `store_id`, what happened before `before` (ms UTC), which is the beginning of `kept_from` or within the day before it. */
export type Retirement = { store_id: string; before: number; kept_from: string };

export type RetiredPage = {
  visitors: number;
  events: number;
  /** Where the next page begins; null: all were looked at. */
  next: bigint | null;
};

const LARGEST = 2n ** 64n - 1n;
/** Events that one statement looks at, and the rest of their last visitor's: it has to be through well within a call's time. */
const PAGE_EVENTS = 5_000_000;

/**
 * Removes whole components (what hangs together by visitors, cart ids and order ids) of which nothing was heard since an
 * instant. First they are gathered, page by page, then each table is rewritten once. Every step may be done again.
 */
export const createRetire = (clickhouse: ClickHouse, { pageEvents = PAGE_EVENTS } = {}) => {
  const links = createLinks(clickhouse);

  /** Components that go: none of their visitors was heard of since, and no customer of their orders has ordered since. */
  const silent = async ({ store_id, before, kept_from }: Retirement, components: Component[]): Promise<Component[]> => {
    const alive = new Set<bigint>();
    const visitors = components.flatMap((component) => component.visitors);
    for (const chunk of chunksOf(new Map([[store_id, visitors]])))
      for (const { visitor_hash } of await clickhouse.query(heardVisitors, { ...chunk, before }))
        alive.add(visitor_hash);
    const nodes = components.flatMap((component) => component.nodes);
    for (const chunk of chunksOf(new Map([[store_id, nodes]])))
      for (const { node } of await clickhouse.query(returnedCustomers, { ...chunk, store_id, kept_from }))
        alive.add(node);
    return components.filter((component) => !component.nodes.some((node) => alive.has(node)));
  };

  return {
    /** Gathers of the visitors from `from` on, by hash: at most `limit` silent ones, with all that hangs together with them. */
    async gather(of: Retirement, from: bigint, limit: number, maxComponentEvents: number): Promise<RetiredPage> {
      const { store_id, before } = of;
      const [behind] = await clickhouse.query(visitorBehind, { store_id, from, others: pageEvents - 1 });
      const last = behind?.visitor_hash ?? LARGEST;
      const page = await clickhouse.query(silentVisitors, { store_id, from, last, before, limit });
      const lookedAt = page.length < limit ? last : (page.at(-1)?.visitor_hash ?? last);
      const graphs = await links.close(new Map([[store_id, page.map((row) => row.visitor_hash)]]), maxComponentEvents);
      const gone = await silent(of, graphs.get(store_id)?.components() ?? []);
      const nodes = new Set(gone.flatMap((component) => component.nodes));
      await clickhouse.insertNative(
        'retired',
        RETIRED_COLUMNS,
        [...nodes].map((node) => ({ store_id, node })),
      );
      const own = page.filter(({ visitor_hash }) => nodes.has(visitor_hash));
      return {
        visitors: own.length,
        events: own.reduce((sum, { events }) => sum + events, 0),
        next: lookedAt === LARGEST ? null : lookedAt + 1n,
      };
    },

    /** One look: what goes of those gathered, table by table. Rows before their keys, for a row without a key is mended. */
    async remove({ store_id, before, kept_from }: Retirement): Promise<Look> {
      for (const look of [
        () => deleteEvents(clickhouse, { store_id, before }),
        () => deleteRows(clickhouse, { store_id, kept_from }),
        () => deleteKeys(clickhouse, { store_id, kept_from }),
        () => deleteLinks(clickhouse, { store_id }),
      ])
        if ((await look()) === 'under_way') return 'under_way';
      return 'gone';
    },

    /** Visitors of those gathered who were heard of while their past was being removed: ledgers have to look at them. */
    async back(store_id: string): Promise<bigint[]> {
      return (await clickhouse.query(backVisitors, { store_id })).map(({ visitor_hash }) => visitor_hash);
    },

    /** Forgets who was gathered. */
    empty: (store_id: string): Promise<Look> => emptyRetired(clickhouse, { store_id }),
  };
};
