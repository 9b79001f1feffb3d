import { z } from 'zod';

/** Nodes of the identity graphs of several stores. */
export type Places = ReadonlyMap<string, Iterable<bigint>>;

/** The parameters of `inPlaces`. */
export const placesParams = z.object({
  stores: z.array(z.string()),
  /** The store of each node, from 1. */
  store_numbers: z.array(z.int()),
  nodes: z.array(z.bigint()),
});
type PlacesParams = z.output<typeof placesParams>;

/**
 * SQL: the row is at one of the places. A subquery, because ClickHouse finds by primary key what is in a set but not
 * what is in a constant array.
 */
export const inPlaces = (node: 'node' | 'visitor_hash'): string => `(store_id, ${node}) IN (
      SELECT {stores:Array(String)}[store_number], place
      FROM (SELECT 1)
      ARRAY JOIN {store_numbers:Array(UInt32)} AS store_number, {nodes:Array(UInt64)} AS place)`;

/** One parameter may be 128 KiB as text: 5,000 numbers of 64 bits, or 1,000 store ids, with commas and quotes. */
const MAX_NODES = 5_000;
const MAX_STORES = 1_000;

/** Cuts places into lists that fit query parameters. */
export function* chunksOf(places: Places): Generator<PlacesParams> {
  let chunk: PlacesParams = { stores: [], store_numbers: [], nodes: [] };
  const begin = (): void => {
    chunk = { stores: [], store_numbers: [], nodes: [] };
  };
  for (const [store_id, nodes] of places) {
    let named = false;
    for (const node of nodes) {
      if (chunk.nodes.length === MAX_NODES || (!named && chunk.stores.length === MAX_STORES)) {
        yield chunk;
        begin();
        named = false;
      }
      if (!named) chunk.stores.push(store_id);
      named = true;
      chunk.store_numbers.push(chunk.stores.length);
      chunk.nodes.push(node);
    }
  }
  if (chunk.nodes.length > 0) yield chunk;
}
