import { setImmediate as breathe } from 'node:timers/promises';
import { bigInteger, type ClickHouse, defineQuery, type RowOf } from '@cartledger/clickhouse';
import { z } from 'zod';
import { ComponentTooLarge, MAX_COMPONENT_EVENTS } from './error.ts';
import { createEvents } from './events.ts';
import { createGraph, type Graph } from './graph.ts';
import { chunksOf, inPlaces, type Places, placesParams } from './places.ts';

/** A store's touched visitors, each with the nodes of the cart ids and order ids that its new events name. */
export type Touches = Map<bigint, readonly bigint[]>;

export const linksOf = defineQuery({
  name: 'links.of',
  sql: `SELECT DISTINCT store_id, node, neighbor FROM links WHERE ${inPlaces('node')}`,
  params: placesParams,
  row: z.object({ store_id: z.string(), node: bigInteger, neighbor: bigInteger }),
});

const LINK_COLUMNS = [
  { name: 'store_id', type: 'LowCardinality(String)' },
  { name: 'node', type: 'UInt64' },
  { name: 'neighbor', type: 'UInt64' },
] as const;

/** Rows taken before others have their turn. */
const AT_ONCE = 1_000;

/** An event joins its visitor to a cart and an order at most: so many nodes have more events than the limit. */
const maxNodes = (limit: number): number => 2 * limit + 1;

type Take = (store_id: string, node: bigint, neighbor: bigint) => void;
type Step = { graph: Graph; next: Set<bigint> };

/** The edges of store_id, node and neighbor that have been met. */
const createEdgeSet = () => {
  const stores = new Map<string, Map<bigint, Set<bigint>>>();
  return {
    add: (store_id: string, node: bigint, neighbor: bigint): void => {
      const nodes = stores.get(store_id) ?? new Map();
      stores.set(store_id, nodes);
      nodes.set(node, (nodes.get(node) ?? new Set()).add(neighbor));
    },
    has: (store_id: string, node: bigint, neighbor: bigint): boolean =>
      stores.get(store_id)?.get(node)?.has(neighbor) ?? false,
  };
};

/** The places of the next step; none when all graphs are closed. */
const nextPlaces = (steps: ReadonlyMap<string, Step>): Map<string, Set<bigint>> => {
  const places = new Map<string, Set<bigint>>();
  for (const [store_id, step] of steps) {
    if (step.next.size > 0) places.set(store_id, step.next);
    step.next = new Set();
  }
  return places;
};

/**
 * The edges of the identity graph. No event takes one away, what once hung together is recomputed together; only erasures and
 * retention remove edges, with the events that named them.
 */
export const createLinks = (clickhouse: ClickHouse) => {
  const events = createEvents(clickhouse);

  const read = async (places: Places, take: Take, isEnough = () => false): Promise<void> => {
    let taken = 0;
    for (const chunk of chunksOf(places))
      for await (const { store_id, node, neighbor } of clickhouse.stream(linksOf, chunk)) {
        take(store_id, node, neighbor);
        if (isEnough()) return;
        if (++taken % AT_ONCE === 0) await breathe();
      }
  };

  const tooLarge = async (
    { store_id, graph }: { store_id: string; graph: Graph },
    limit: number,
  ): Promise<ComponentTooLarge> =>
    new ComponentTooLarge(store_id, {
      nodes: graph.largest(),
      limit,
      hub: await events.hub(store_id, graph.visitorsOfLargest()),
    });

  return {
    /** Stores the edges that are new, both directions in one block: nobody sees one that leads only there. */
    async add(touches: ReadonlyMap<string, Touches>): Promise<void> {
      const named = new Map<string, bigint[]>();
      for (const [store_id, visitors] of touches)
        named.set(
          store_id,
          [...visitors].filter(([, neighbors]) => neighbors.length > 0).map(([visitor]) => visitor),
        );
      const known = createEdgeSet();
      await read(named, known.add);
      const rows: RowOf<typeof LINK_COLUMNS>[] = [];
      for (const [store_id, visitors] of touches)
        for (const [visitor, neighbors] of visitors)
          for (const thing of neighbors) {
            if (known.has(store_id, visitor, thing)) continue;
            rows.push({ store_id, node: visitor, neighbor: thing }, { store_id, node: thing, neighbor: visitor });
          }
      await clickhouse.insertNative('links', LINK_COLUMNS, rows);
    },

    /**
     * Everything that hangs together with the visitors, by store. Throws ComponentTooLarge as soon as a component has
     * met more nodes than `maxComponentEvents` events can join: it is never held as a whole.
     */
    async close(touched: Places, maxComponentEvents = MAX_COMPONENT_EVENTS): Promise<Map<string, Graph>> {
      const steps = new Map<string, Step>();
      for (const [store_id, visitors] of touched) {
        const next = new Set(visitors);
        const graph = createGraph();
        for (const visitor of next) graph.visitors.add(visitor);
        steps.set(store_id, { graph, next });
      }
      let outgrown: { store_id: string; graph: Graph } | null = null;
      const connect = (store_id: string, { graph }: Step, visitor: bigint, thing: bigint): void => {
        graph.connect(visitor, thing);
        if (graph.largest() > maxNodes(maxComponentEvents)) outgrown = { store_id, graph };
      };
      const meetThing: Take = (store_id, visitor, thing) => {
        const step = steps.get(store_id);
        if (!step) return;
        if (!step.graph.things.has(thing)) step.next.add(thing);
        connect(store_id, step, visitor, thing);
      };
      const meetVisitor: Take = (store_id, thing, visitor) => {
        const step = steps.get(store_id);
        if (!step) return;
        if (!step.graph.visitors.has(visitor)) step.next.add(visitor);
        connect(store_id, step, visitor, thing);
      };
      // Visitors lead to things and things to visitors, in turn, until neither leads anywhere new.
      let meet = meetThing;
      for (let places = nextPlaces(steps); places.size > 0; places = nextPlaces(steps)) {
        await read(places, meet, () => outgrown !== null);
        if (outgrown !== null) throw await tooLarge(outgrown, maxComponentEvents);
        meet = meet === meetThing ? meetVisitor : meetThing;
      }
      return new Map([...steps].map(([store_id, { graph }]) => [store_id, graph]));
    },
  };
};
export type Links = ReturnType<typeof createLinks>;
