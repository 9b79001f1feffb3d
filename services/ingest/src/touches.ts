import type { RowOf } from '@cartledger/clickhouse';
import type { Hasher } from '@cartledger/events';
import type { Accepted } from './take-in.ts';

/** The columns of table `touches` that ingest writes. */
export const TOUCH_COLUMNS = [
  { name: 'batch_id', type: 'UUID' },
  { name: 'store_id', type: 'LowCardinality(String)' },
  { name: 'visitor_hash', type: 'UInt64' },
  { name: 'neighbors', type: 'Array(UInt64)' },
] as const;

export type TouchRow = RowOf<typeof TOUCH_COLUMNS>;

/** One row a store and visitor of the batch, with the nodes of all cart ids and order ids its events name. */
export const touchesOf = (batch_id: string, accepted: readonly Accepted[], hasher: Hasher): TouchRow[] => {
  const visitors = new Map<string, { store_id: string; visitor_hash: bigint; neighbors: Set<bigint> }>();
  for (const { event } of accepted) {
    // No store_id has a space: the key is unambiguous.
    const key = `${event.store_id} ${event.visitor_id}`;
    let visitor = visitors.get(key);
    if (visitor === undefined) {
      visitor = {
        store_id: event.store_id,
        visitor_hash: hasher.visitorNode(event.visitor_id),
        neighbors: new Set(),
      };
      visitors.set(key, visitor);
    }
    if (event.cart_id !== undefined) visitor.neighbors.add(hasher.cartNode(event.cart_id));
    if (event.order_id !== undefined) visitor.neighbors.add(hasher.orderNode(event.order_id));
  }
  return [...visitors.values()].map(({ store_id, visitor_hash, neighbors }) => ({
    batch_id,
    store_id,
    visitor_hash,
    neighbors: [...neighbors],
  }));
};
