import type { StoreDirectory } from '../store-directory.ts';
import { isSame } from './bytes.ts';
import type { Rows } from './rows.ts';

type Known = { name: Uint8Array; maxAgeDays: number };

/** The stores of one batch by number, their index in `rows.stores`; the directory is asked for each once. */
export type KnownStores = {
  /** Of the id in [from, end); -1: the directory has no such store. */
  find(bytes: Uint8Array, from: number, end: number): number;
  numberOf(store_id: string): number;
  maxAgeDays(store: number): number;
  /** Another batch begins: stores may have been made or changed. */
  forget(): void;
};

export const createKnownStores = (stores: Pick<StoreDirectory, 'get'>, rows: Rows): KnownStores => {
  let known: Known[] = [];
  const numbers = new Map<string, number>();
  let last = -1;

  const add = (store_id: string): number => {
    const rules = stores.get(store_id);
    if (rules === undefined) return -1;
    const number = known.push({ name: Buffer.from(store_id), maxAgeDays: rules.maxAgeDays }) - 1;
    rows.stores[number] = store_id;
    numbers.set(store_id, number);
    return number;
  };
  const numberOf = (store_id: string): number => numbers.get(store_id) ?? add(store_id);

  return {
    find: (bytes, from, end) => {
      // Nearly always that of the event before.
      const before = known[last];
      if (before !== undefined && isSame(bytes, from, end, before.name)) return last;
      last = numberOf(Buffer.from(bytes.subarray(from, end)).toString('latin1'));
      return last;
    },
    numberOf,
    maxAgeDays: (store) => known[store]?.maxAgeDays ?? 0,
    forget: () => {
      known = [];
      numbers.clear();
      last = -1;
    },
  };
};
