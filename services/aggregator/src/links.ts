import { bigInteger, type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import { z } from 'zod';
import { chunksOf } from './chunks.ts';
import { createGraph, type Graph } from './graph.ts';
import type { Touches } from './touched.ts';

const linksOf = defineQuery({
  name: 'links.of',
  sql: `SELECT DISTINCT node, neighbor FROM links WHERE store_id = {store_id:String} AND node IN {nodes:Array(UInt64)}`,
  params: z.object({ store_id: z.string(), nodes: z.array(z.bigint()) }),
  row: z.object({ node: bigInteger, neighbor: bigInteger }),
});

const LINK_COLUMNS = [
  { name: 'store_id', type: 'LowCardinality(String)' },
  { name: 'node', type: 'UInt64' },
  { name: 'neighbor', type: 'UInt64' },
] as const;

export const createLinks = (clickhouse: ClickHouse) => {
  const read = async (
    store_id: string,
    nodes: Iterable<bigint>,
    take: (node: bigint, neighbor: bigint) => void,
  ): Promise<void> => {
    for (const chunk of chunksOf(nodes))
      for (const { node, neighbor } of await clickhouse.query(linksOf, { store_id, nodes: chunk }))
        take(node, neighbor);
  };

  /** Both directions in one block: nobody sees an edge that leads only there. */
  const write = (store_id: string, edges: readonly [visitor: bigint, thing: bigint][]): Promise<void> =>
    clickhouse.insertNative(
      'links',
      LINK_COLUMNS,
      edges.flatMap(([visitor, thing]) => [
        { store_id, node: visitor, neighbor: thing },
        { store_id, node: thing, neighbor: visitor },
      ]),
    );

  return {
    /**
     * Everything that hangs together with the touched visitors. Their own edges are stored first where they are new,
     * so that whatever is computed from the answer can be found again through them.
     */
    async close(store_id: string, touches: Touches): Promise<Graph> {
      const graph = createGraph();
      for (const visitor of touches.keys()) graph.visitors.add(visitor);
      let visitors: Iterable<bigint> = touches.keys();
      let things = new Set<bigint>();
      const found = (visitor: bigint, thing: bigint): void => {
        if (!graph.things.has(thing)) things.add(thing);
        graph.connect(visitor, thing);
      };
      await read(store_id, visitors, found);
      // Edges are never removed: what is connected already needs no further edge.
      const missing: [bigint, bigint][] = [];
      for (const [visitor, neighbors] of touches)
        for (const thing of neighbors) {
          if (graph.connected(visitor, thing)) continue;
          missing.push([visitor, thing]);
          found(visitor, thing);
        }
      await write(store_id, missing);

      // Visitors lead to things and things to visitors, in turn, until neither leads anywhere new.
      while (things.size > 0) {
        const known = new Set(graph.visitors);
        await read(store_id, things, (thing, visitor) => graph.connect(visitor, thing));
        visitors = graph.visitors.difference(known);
        things = new Set();
        await read(store_id, visitors, found);
      }
      return graph;
    },
  };
};
export type Links = ReturnType<typeof createLinks>;
