import type { Block, BlockEncoder } from '@cartledger/clickhouse';
import type { Hasher } from '@cartledger/events';
import { isSame } from './scan/bytes.ts';
import { FIELD, HASH, INT, ROW_HASHES, ROW_INTS, type RowSet } from './scan/rows.ts';

/** The columns of table `touches` that ingest writes. */
export const TOUCH_COLUMNS = [
  { name: 'batch_id', type: 'UUID' },
  { name: 'store_id', type: 'LowCardinality(String)' },
  { name: 'visitor_hash', type: 'UInt64' },
  { name: 'neighbors', type: 'Array(UInt64)' },
] as const;

const NOTHING = Buffer.alloc(0);
const KINDS = ['cart', 'order'] as const;
const FIELDS = { cart: FIELD.cart_id, order: FIELD.order_id } as const;

/**
 * One row a store and visitor of the batch, with the nodes of all cart ids and order ids its events name. A visitor's
 * rows are neighbours; one that comes twice for want of it is looked at twice, and nothing is counted by touches.
 */
export const encodeTouches = (
  encoder: BlockEncoder<typeof TOUCH_COLUMNS>,
  batch_id: string,
  { rows, order }: RowSet,
  hasher: Hasher,
): Block => {
  const { ints, hashWords } = rows;
  const batches = encoder.column('batch_id');
  const stores = encoder.column('store_id');
  const visitors = encoder.column('visitor_hash');
  const neighbors = encoder.column('neighbors');
  const nodes = new Set<bigint>();
  encoder.clear();

  const storeOf = (row: number): number => ints[row * ROW_INTS + INT.store] ?? 0;
  const isSameVisitor = (a: number, b: number): boolean => {
    const wordsA = (a * ROW_HASHES + HASH.visitor) * 2;
    const wordsB = (b * ROW_HASHES + HASH.visitor) * 2;
    return (
      hashWords[wordsA] === hashWords[wordsB] &&
      hashWords[wordsA + 1] === hashWords[wordsB + 1] &&
      storeOf(a) === storeOf(b)
    );
  };

  /** The id last hashed of each kind: an event mostly names that of the one before. */
  const last: Record<(typeof KINDS)[number], Uint8Array> = { cart: NOTHING, order: NOTHING };
  const addNodes = (row: number): void => {
    const base = row * ROW_INTS;
    const source = rows.sources[ints[base + INT.source] ?? 0] ?? NOTHING;
    for (const kind of KINDS) {
      const start = ints[base + FIELDS[kind] * 2] ?? 0;
      const end = ints[base + FIELDS[kind] * 2 + 1] ?? 0;
      if (start === end || isSame(source, start, end, last[kind])) continue;
      nodes.add(hasher.nodeOf(kind, source, start, end));
      last[kind] = source.subarray(start, end);
    }
  };

  const endVisitor = (row: number): void => {
    const words = (row * ROW_HASHES + HASH.visitor) * 2;
    batches.append(batch_id);
    stores.append(rows.stores[storeOf(row)] ?? '');
    visitors.appendLowHigh(hashWords[words] ?? 0, hashWords[words + 1] ?? 0);
    for (const node of nodes) neighbors.inner.append(node);
    neighbors.endRow(nodes.size);
    nodes.clear();
    last.cart = NOTHING;
    last.order = NOTHING;
  };

  let touches = 0;
  for (let at = 0; at < order.length; at += 1) {
    const row = order[at] ?? 0;
    const next = order[at + 1];
    addNodes(row);
    if (next !== undefined && isSameVisitor(row, next)) continue;
    endVisitor(row);
    touches += 1;
  }
  encoder.addRows(touches);
  return encoder.finish();
};
