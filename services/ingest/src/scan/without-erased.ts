import type { Hasher } from '@cartledger/events';
import type { Erased, ErasedOfStore } from '../erased.ts';
import { FIELD, HASH, INT, NUMBER, ROW_HASHES, ROW_INTS, ROW_NUMBERS, type RowSet, type Rows } from './rows.ts';

const NEVER = Number.NEGATIVE_INFINITY;

/** Up to when the row's visitor or customer is erased. */
const erasedUpTo = (rows: Rows, row: number, { visitors, visitorHighs, customers }: ErasedOfStore, hasher: Hasher) => {
  const place = row * ROW_HASHES + HASH.visitor;
  let upTo = NEVER;
  if (visitorHighs.has(rows.hashWords[place * 2 + 1] ?? 0)) upTo = visitors.get(rows.hashes[place] ?? 0n) ?? NEVER;
  if (customers.size === 0) return upTo;
  const span = row * ROW_INTS + FIELD.customer_id * 2;
  const [from, end] = [rows.ints[span] ?? 0, rows.ints[span + 1] ?? 0];
  const source = rows.sources[rows.ints[row * ROW_INTS + INT.source] ?? 0];
  if (from === end || source === undefined) return upTo;
  return Math.max(upTo, customers.get(hasher.nodeOf('customer', source, from, end)) ?? NEVER);
};

/** The rows of a batch without those whose visitor or customer is erased: the same ones, where no store has any. */
export const withoutErased = (set: RowSet, erased: Erased, hasher: Hasher): RowSet => {
  const { rows, order } = set;
  const stores = erased.isEmpty ? [] : rows.stores.map((store_id) => erased.of(store_id));
  if (stores.every((store) => store === null)) return set;
  const isKept = (row: number): boolean => {
    const store = stores[rows.ints[row * ROW_INTS + INT.store] ?? 0] ?? null;
    if (store === null) return true;
    return (rows.numbers[row * ROW_NUMBERS + NUMBER.event_time] ?? 0) > erasedUpTo(rows, row, store, hasher);
  };
  return { rows, order: order.filter(isKept) };
};
