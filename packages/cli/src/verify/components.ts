/** Names that hang together. */
import { createNameHash } from './hash.ts';

export type Components = {
  /** The number of a name, the next free one when it is new. */
  node(name: string): number;
  /** Its number, null when it has none. */
  find(name: string): number | null;
  join(a: number, b: number): void;
  /** One number for all that hang together; it may change while more is joined. */
  root(node: number): number;
  readonly size: number;
};

const FIRST_CAPACITY = 1 << 12;

const grown = (array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> => {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
};

/**
 * A union-find whose names are kept as 64-bit hashes in typed arrays, some 20 bytes each. Two names of one hash are
 * taken for one: that only computes two components together, which changes no figure.
 */
export const createComponents = (): Components => {
  let size = 0;
  let parents = new Uint32Array(FIRST_CAPACITY);
  let lows = new Uint32Array(FIRST_CAPACITY);
  let highs = new Uint32Array(FIRST_CAPACITY);
  /** Open addressing: node + 1 by hash, 0 where free. At most half full. */
  let slots = new Uint32Array(FIRST_CAPACITY * 2);

  const hash = createNameHash();

  const slotOf = (lowPart: number, highPart: number): number => {
    let slot = lowPart & (slots.length - 1);
    for (;;) {
      const taken = slots[slot] ?? 0;
      if (taken === 0 || (lows[taken - 1] === lowPart && highs[taken - 1] === highPart)) return slot;
      slot = (slot + 1) & (slots.length - 1);
    }
  };

  const grow = (): void => {
    parents = grown(parents);
    lows = grown(lows);
    highs = grown(highs);
    slots = new Uint32Array(slots.length * 2);
    for (let node = 0; node < size; node++) slots[slotOf(lows[node] ?? 0, highs[node] ?? 0)] = node + 1;
  };

  const root = (node: number): number => {
    let at = node;
    for (;;) {
      const parent = parents[at] ?? at;
      if (parent === at) return at;
      // Path halving.
      const above = parents[parent] ?? parent;
      parents[at] = above;
      at = above;
    }
  };

  return {
    find(name) {
      hash.of(name);
      const known = slots[slotOf(hash.low, hash.high)] ?? 0;
      return known === 0 ? null : known - 1;
    },
    node(name) {
      hash.of(name);
      const { low, high } = hash;
      let slot = slotOf(low, high);
      const known = slots[slot] ?? 0;
      if (known !== 0) return known - 1;
      if (size === parents.length) {
        grow();
        slot = slotOf(low, high);
      }
      const node = size++;
      slots[slot] = node + 1;
      lows[node] = low;
      highs[node] = high;
      parents[node] = node;
      return node;
    },
    join(a, b) {
      const [x, y] = [root(a), root(b)];
      // The lower number stays: components keep the order in which they first came.
      if (x !== y) parents[Math.max(x, y)] = Math.min(x, y);
    },
    root,
    get size() {
      return size;
    },
  };
};
