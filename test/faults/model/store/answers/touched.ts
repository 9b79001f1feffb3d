import { pendingBatches, touchesOfBatches } from '@cartledger/aggregator/testing';
import { answer } from '../answer.ts';
import { big, compare, int, isBig, listOf, type Row, text, type Value } from '../value.ts';

/** ClickHouse orders UUIDs by their second half, then by the first. */
const uuidOrder = (uuid: string): string => uuid.slice(19) + uuid.slice(0, 19);

const placeOf = (row: Row | undefined): Value[] =>
  row === undefined ? [] : [text(row, 'store_id'), big(row, 'visitor_hash')];

export const TOUCHED = [
  answer(pendingBatches, (from, { held, limit }) => {
    const done = new Set(
      from
        .table('touched_batches_done')
        .raw()
        .map((row) => text(row, 'batch_id')),
    );
    const batches = new Map<string, { touches: number; first: number }>();
    for (const row of from.table('touches').raw()) {
      const batch = text(row, 'batch_id');
      if (done.has(batch) || held.includes(batch)) continue;
      const known = batches.get(batch) ?? { touches: 0, first: Number.POSITIVE_INFINITY };
      batches.set(batch, { touches: known.touches + 1, first: Math.min(known.first, int(row, 'written_at')) });
    }
    return [...batches]
      .sort(([a, { first }], [b, other]) => first - other.first || compare(uuidOrder(a), uuidOrder(b)))
      .slice(0, limit)
      .map(([batch, { touches }]) => ({ batch, touches: `${touches}` }));
  }),
  answer(touchesOfBatches, (from, { batches }) => {
    const mine = from
      .table('touches')
      .raw()
      .filter((row) => batches.includes(text(row, 'batch_id')));
    const visitors = Map.groupBy(mine, (row) => `${text(row, 'store_id')} ${big(row, 'visitor_hash')}`);
    const inOrder = [...visitors.values()].sort(([a], [b]) => compare(placeOf(a), placeOf(b)));
    return inOrder.map((rows) => {
      const [row] = rows;
      if (row === undefined) throw new Error('a group without rows');
      const neighbors = new Set(rows.flatMap((each) => listOf(each, 'neighbors', isBig)));
      return {
        store_id: text(row, 'store_id'),
        visitor_hash: `${big(row, 'visitor_hash')}`,
        neighbors: [...neighbors].map(String),
      };
    });
  }),
];
