import { HASH, INT, ROW_HASHES, ROW_INTS, type Rows } from './rows.ts';

/** Bits of an integer that a double holds exactly. */
const EXACT_BITS = 53;
const WORD_BITS = 32;
/** Further a row is not moved among those of one visitor: an order that is not quite the table's costs time, nothing else. */
const MAX_MOVES = 64;

const bitsFor = (count: number): number => Math.ceil(Math.log2(Math.max(2, count)));

/** Each store's place among those of the batch in the order of their ids, which are ASCII. */
const ranksOf = (stores: readonly string[]): Int32Array => {
  const ranks = new Int32Array(stores.length);
  const sorted = [...stores.keys()].sort((a, b) => ((stores[a] ?? '') < (stores[b] ?? '') ? -1 : 1));
  for (const [rank, store] of sorted.entries()) ranks[store] = rank;
  return ranks;
};

/** Negative when row `a` comes before row `b` by the hash number `hash`, which is in two words. */
const compareHashes = (words: Uint32Array, a: number, b: number, hash: number): number => {
  const placeA = (a * ROW_HASHES + hash) * 2;
  const placeB = (b * ROW_HASHES + hash) * 2;
  const high = (words[placeA + 1] ?? 0) - (words[placeB + 1] ?? 0);
  return high === 0 ? (words[placeA] ?? 0) - (words[placeB] ?? 0) : high;
};

/** Negative when row `a` comes before row `b`: by store, visitor, event. */
const compare = ({ ints, hashWords }: Rows, ranks: Int32Array, a: number, b: number): number => {
  const storeA = ints[a * ROW_INTS + INT.store] ?? 0;
  const storeB = ints[b * ROW_INTS + INT.store] ?? 0;
  if (storeA !== storeB) return (ranks[storeA] ?? 0) - (ranks[storeB] ?? 0);
  const byVisitor = compareHashes(hashWords, a, b, HASH.visitor);
  return byVisitor === 0 ? compareHashes(hashWords, a, b, HASH.event) : byVisitor;
};

/**
 * The rows in the order of the table's key (store, visitor_hash, event_hash), which the server then need not make, and in
 * which a visitor's rows are neighbours. Store, the upper bits of the visitor's hash and the row's own number make one
 * double each, which the engine sorts as fast as it can; what they leave open, neighbours settle.
 */
export const orderOf = (rows: Rows): Int32Array => {
  const { count, ints, hashWords } = rows;
  const ranks = ranksOf(rows.stores);
  const rowBits = bitsFor(count);
  const hashBits = Math.max(0, Math.min(WORD_BITS, EXACT_BITS - rowBits - bitsFor(rows.stores.length)));
  const rowUnit = 2 ** rowBits;
  const storeUnit = 2 ** (rowBits + hashBits);
  const hashShare = 2 ** (WORD_BITS - hashBits);
  const keys = new Float64Array(count);
  for (let row = 0; row < count; row += 1) {
    const rank = ranks[ints[row * ROW_INTS + INT.store] ?? 0] ?? 0;
    const high = hashWords[(row * ROW_HASHES + HASH.visitor) * 2 + 1] ?? 0;
    keys[row] = rank * storeUnit + Math.floor(high / hashShare) * rowUnit + row;
  }
  keys.sort();
  const order = new Int32Array(count);
  for (let place = 0; place < count; place += 1) {
    const row = (keys[place] ?? 0) % rowUnit;
    const least = Math.max(0, place - MAX_MOVES);
    let at = place;
    while (at > least && compare(rows, ranks, order[at - 1] ?? 0, row) > 0) {
      order[at] = order[at - 1] ?? 0;
      at -= 1;
    }
    order[at] = row;
  }
  return order;
};
