import { bigInteger, type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import { z } from 'zod';
import { createGraph, type Graph } from './graph.ts';
import { chunksOf, inPlaces, type Places, placesParams } from './places.ts';
import type { Touches } from './touched.ts';

const linksOf = defineQuery({
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

type Edge = { store_id: string; visitor: bigint; thing: bigint };
type Step = { graph: Graph; next: Set<bigint> };

export const createLinks = (clickhouse: ClickHouse) => {
  const read = async (
    places: Places,
    take: (store_id: string, node: bigint, neighbor: bigint) => void,
  ): Promise<void> => {
    for (const chunk of chunksOf(places))
      for (const { store_id, node, neighbor } of await clickhouse.query(linksOf, chunk)) take(store_id, node, neighbor);
  };

  /** Both directions in one block: nobody sees an edge that leads only there. */
  const write = (edges: readonly Edge[]): Promise<void> =>
    clickhouse.insertNative(
      'links',
      LINK_COLUMNS,
      edges.flatMap(({ store_id, visitor, thing }) => [
        { store_id, node: visitor, neighbor: thing },
        { store_id, node: thing, neighbor: visitor },
      ]),
    );

  /** The places of the next step; none when all graphs are closed. */
  const nextPlaces = (steps: ReadonlyMap<string, Step>): Map<string, Set<bigint>> => {
    const places = new Map<string, Set<bigint>>();
    for (const [store_id, step] of steps) {
      if (step.next.size > 0) places.set(store_id, step.next);
      step.next = new Set();
    }
    return places;
  };

  return {
    /**
     * Everything that hangs together with the touched visitors, by store. Their own edges are stored first where they
     * are new, so that whatever is computed from the answer can be found again through them.
     */
    async close(touches: ReadonlyMap<string, Touches>): Promise<Map<string, Graph>> {
      const steps = new Map<string, Step>();
      for (const [store_id, visitors] of touches) {
        const graph = createGraph();
        for (const visitor of visitors.keys()) graph.visitors.add(visitor);
        steps.set(store_id, { graph, next: new Set(visitors.keys()) });
      }
      const meetThing = (store_id: string, visitor: bigint, thing: bigint): void => {
        const step = steps.get(store_id);
        if (!step) return;
        if (!step.graph.things.has(thing)) step.next.add(thing);
        step.graph.connect(visitor, thing);
      };
      const meetVisitor = (store_id: string, thing: bigint, visitor: bigint): void => {
        const step = steps.get(store_id);
        if (!step) return;
        if (!step.graph.visitors.has(visitor)) step.next.add(visitor);
        step.graph.connect(visitor, thing);
      };

      await read(nextPlaces(steps), meetThing);
      // Edges are never removed: what is connected already needs no further edge.
      const missing: Edge[] = [];
      for (const [store_id, visitors] of touches)
        for (const [visitor, neighbors] of visitors)
          for (const thing of neighbors) {
            if (steps.get(store_id)?.graph.connected(visitor, thing)) continue;
            missing.push({ store_id, visitor, thing });
            meetThing(store_id, visitor, thing);
          }
      await write(missing);

      // Things lead to visitors and visitors to things, in turn, until neither leads anywhere new.
      let meet = meetVisitor;
      for (let places = nextPlaces(steps); places.size > 0; places = nextPlaces(steps)) {
        await read(places, meet);
        meet = meet === meetVisitor ? meetThing : meetVisitor;
      }
      return new Map([...steps].map(([store_id, { graph }]) => [store_id, graph]));
    },
  };
};
export type Links = ReturnType<typeof createLinks>;
