import { bigInteger, type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import type { KeptEvent } from '@cartledger/funnel';
import { z } from 'zod';
import { ComponentTooLarge, MAX_COMPONENT_EVENTS } from './error.ts';
import { createEvents } from './events.ts';
import { type Component, isFrom } from './graph.ts';
import { createLinks } from './links.ts';

/** A page of a store's visitors, by their hashes. */
export const visitorsFrom = defineQuery({
  name: 'history.visitors',
  sql: `
    SELECT DISTINCT visitor_hash
    FROM events
    WHERE store_id = {store_id:String} AND visitor_hash >= {from:UInt64}
    ORDER BY visitor_hash
    LIMIT {limit:UInt32}`,
  params: z.object({ store_id: z.string(), from: z.bigint(), limit: z.int() }),
  row: z.object({ visitor_hash: bigInteger }),
});

export type HistoryOptions = {
  /** Of one component; ComponentTooLarge is thrown for one that has more, before it is read. Default: a million. */
  maxComponentEvents?: number;
  /** Which of the events' own properties are read: see `propertiesOf`. */
  properties: readonly string[];
  /** Visitors closed over the identity graph at once. */
  pageVisitors?: number;
  /** Events answered at once, roughly; a single component may have more. */
  maxEvents?: number;
};

/**
 * Kept events of whole components, for readers: every visitor, cart id and order id that hang together, as far as the
 * aggregator has linked them. Memory is bounded by a page and by the largest component.
 */
export type History = {
  /** All events of everything that hangs together with the visitors. */
  ofVisitors(store_id: string, visitors: Iterable<bigint>, options: HistoryOptions): Promise<KeptEvent[]>;
  /** All events of a store, in lists of whole components; each event is in one of them. */
  ofStore(store_id: string, options: HistoryOptions): AsyncGenerator<KeptEvent[], void, undefined>;
};

const LARGEST = 2n ** 64n - 1n;

export const createHistory = (clickhouse: ClickHouse): History => {
  const links = createLinks(clickhouse);
  const events = createEvents(clickhouse);

  const load = async (store_id: string, visitors: bigint[], properties: readonly string[]): Promise<KeptEvent[]> => {
    const loaded = await events.load(new Map([[store_id, visitors]]), properties);
    return (loaded.get(store_id) ?? []).map(({ event }) => event);
  };

  /** How many events a component has. */
  const expectBounded = async (
    store_id: string,
    visitors: readonly bigint[],
    counts: ReadonlyMap<bigint, number> | undefined,
    limit: number,
  ): Promise<number> => {
    const own = visitors.reduce((sum, visitor) => sum + (counts?.get(visitor) ?? 0), 0);
    if (own > limit)
      throw new ComponentTooLarge(store_id, { events: own, limit, hub: await events.hub(store_id, visitors) });
    return own;
  };

  const close = async (store_id: string, visitors: Iterable<bigint>, limit: number): Promise<Component[]> => {
    const graphs = await links.close(new Map([[store_id, visitors]]), limit);
    return graphs.get(store_id)?.components() ?? [];
  };

  return {
    ofVisitors: async (store_id, visitors, { properties, maxComponentEvents: limit = MAX_COMPONENT_EVENTS }) => {
      const components = await close(store_id, visitors, limit);
      const all = components.flatMap((component) => component.visitors);
      const counts = (await events.counts(new Map([[store_id, all]]))).get(store_id);
      for (const { visitors } of components) await expectBounded(store_id, visitors, counts, limit);
      return load(store_id, all, properties);
    },

    ofStore: async function* (store_id, options) {
      const { properties, pageVisitors = 20_000, maxEvents = 50_000 } = options;
      const { maxComponentEvents: limit = MAX_COMPONENT_EVENTS } = options;
      for (let from = 0n; ; ) {
        const page = await clickhouse.query(visitorsFrom, { store_id, from, limit: pageVisitors });
        const last = page.at(-1)?.visitor_hash;
        if (last === undefined) return;
        const components = await close(
          store_id,
          page.map((row) => row.visitor_hash),
          limit,
        );
        const visitorsOfAll = components.flatMap(({ visitors }) => visitors);
        const counts = (await events.counts(new Map([[store_id, visitorsOfAll]]))).get(store_id);
        let list: bigint[] = [];
        let size = 0;
        for (const component of components) {
          // One with a visitor of an earlier page came with that page.
          if (!isFrom(component, from, counts)) continue;
          const { visitors } = component;
          const own = await expectBounded(store_id, visitors, counts, limit);
          if (list.length > 0 && size + own > maxEvents) {
            yield await load(store_id, list, properties);
            list = [];
            size = 0;
          }
          // Not spread: a call has room for a hundred thousand arguments or so.
          for (const visitor of visitors) list.push(visitor);
          size += own;
        }
        if (list.length > 0) yield await load(store_id, list, properties);
        if (page.length < pageVisitors || last === LARGEST) return;
        from = last + 1n;
      }
    },
  };
};
