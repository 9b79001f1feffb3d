import type { Control, Tombstone } from '@cartledger/control';

/** Whom something is of, and when it happened (ms UTC): enough to tell whether it is to be forgotten. */
export type Subject = { store_id: string; visitor: bigint | null; customer: bigint | null; at: number };

/** What of a store is erased: up to when, by the hashes of visitors and customers. */
export type ErasedOfStore = {
  readonly visitors: ReadonlyMap<bigint, number>;
  readonly customers: ReadonlyMap<bigint, number>;
  /** The upper halves of the visitors' hashes: who is not among them needs no further look. */
  readonly visitorHighs: ReadonlySet<number>;
};

/** The tombstones, kept in memory: as often as nothing was ever erased, asking costs nothing. */
export type Erased = {
  /** Null: nothing of the store is. */
  of(store_id: string): ErasedOfStore | null;
  has(subject: Subject): boolean;
  /** Of any store. */
  readonly isEmpty: boolean;
  /** Reads tombstones that are new when that was longer ago than `maxAgeMs`; throws when control fails. */
  freshWithin(maxAgeMs: number): Promise<void>;
  /** Calls `listener` when there are new ones; answers how to end that. */
  onAdded(listener: () => void): () => void;
};

/** For who runs ingest without a control store that keeps tombstones. */
export const NOTHING_ERASED: Erased = {
  of: () => null,
  has: () => false,
  isEmpty: true,
  freshWithin: async () => {},
  onAdded: () => () => {},
};

type Mutable = { visitors: Map<bigint, number>; customers: Map<bigint, number>; visitorHighs: Set<number> };

export const createErased = ({
  erasures,
  now,
}: {
  erasures: Pick<Control['erasures'], 'tombstones'>;
  now: () => number;
}): Erased => {
  const stores = new Map<string, Mutable>();
  const listeners = new Set<() => void>();
  let last = 0;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | null = null;

  const add = ({ store_id, kind, hash, up_to }: Tombstone): void => {
    const store = stores.get(store_id) ?? { visitors: new Map(), customers: new Map(), visitorHighs: new Set() };
    stores.set(store_id, store);
    const known = kind === 'visitor' ? store.visitors : store.customers;
    known.set(hash, Math.max(up_to, known.get(hash) ?? 0));
    if (kind === 'visitor') store.visitorHighs.add(Number(hash >> 32n));
  };

  const read = async (): Promise<void> => {
    const startedAt = now();
    const fresh = await erasures.tombstones(last);
    for (const tombstone of fresh) add(tombstone);
    last = fresh.at(-1)?.number ?? last;
    readAt = startedAt;
    if (fresh.length > 0) for (const listener of listeners) listener();
  };

  return {
    of: (store_id) => stores.get(store_id) ?? null,
    has: ({ store_id, visitor, customer, at }) => {
      const store = stores.get(store_id);
      if (store === undefined) return false;
      const isIn = (hash: bigint | null, known: ReadonlyMap<bigint, number>): boolean =>
        hash !== null && at <= (known.get(hash) ?? Number.NEGATIVE_INFINITY);
      return isIn(visitor, store.visitors) || isIn(customer, store.customers);
    },
    get isEmpty() {
      return stores.size === 0;
    },
    freshWithin: async (maxAgeMs) => {
      const asked = now();
      // A reading that was under way may have begun too long ago: then one more is needed.
      while (readAt < asked - maxAgeMs) {
        reading ??= read().finally(() => {
          reading = null;
        });
        await reading;
      }
    },
    onAdded: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
