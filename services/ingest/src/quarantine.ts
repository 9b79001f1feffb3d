import { z } from 'zod';
import { createStoredDocument, type DocumentStore } from './stored-document.ts';

/** A range of a partition that is dead-lettered instead of taken in, and who said so when and why: the receipt. */
export type SetAside = {
  id: string;
  topicEpoch: string;
  partition: number;
  first: bigint;
  /** Inclusive. */
  last: bigint;
  reason: string;
  /** The id of the key it was asked for with. */
  by: string;
  /** ms UTC. */
  at: number;
};

/**
 * Ranges that an operator set aside. They are kept in control, so a worker that has just been started knows them before
 * it takes in its first record, and one elsewhere hears of a new one within `refreshMs`.
 */
export type Quarantine = {
  /** Every range, oldest first, as last read. */
  readonly ranges: readonly SetAside[];
  /** The range that the record is in. */
  find(topicEpoch: string, partition: number, offset: bigint): SetAside | null;
  /** Stores the receipt; throws when control fails. Whoever listens is told before it resolves. */
  add(range: Omit<SetAside, 'id' | 'at'>): Promise<SetAside>;
  /** Reads the ranges for the first time, if they were not yet; throws when control fails. */
  load(): Promise<void>;
  /** Reads them anew when that was longer ago than `refreshMs`; throws when control fails. */
  refreshIfStale(): Promise<void>;
  /** Calls `listener` for each range that comes; answers how to end that. */
  onAdded(listener: (range: SetAside) => void): () => void;
};

const offset = z
  .string()
  .regex(/^\d{1,19}$/)
  .transform(BigInt);

const stored = z.object({
  ranges: z.array(
    z.object({
      id: z.string(),
      topicEpoch: z.string(),
      partition: z.number(),
      first: offset,
      last: offset,
      reason: z.string(),
      by: z.string(),
      at: z.number(),
    }),
  ),
});

const PATIENCE_MS = 20_000;

/** For who runs ingest without a control store that keeps receipts. */
export const NO_QUARANTINE: Quarantine = {
  ranges: [],
  find: () => null,
  add: () => Promise.reject(new Error('nothing can be set aside here')),
  load: () => Promise.resolve(),
  refreshIfStale: () => Promise.resolve(),
  onAdded: () => () => {},
};

export const createQuarantine = (
  { store, now }: { store: DocumentStore; now: () => number },
  { topic, refreshMs = 2_000 }: { topic: string; refreshMs?: number },
): Quarantine => {
  const document = createStoredDocument<readonly SetAside[]>(store, {
    name: `ingest/quarantine/${topic}`,
    parse: (value) => (value === undefined ? [] : stored.parse(value).ranges),
    encode: (ranges) => ({ ranges: ranges.map((r) => ({ ...r, first: String(r.first), last: String(r.last) })) }),
  });
  const listeners = new Set<(range: SetAside) => void>();
  let ranges: readonly SetAside[] = [];
  let readAt: number | null = null;

  const take = (read: readonly SetAside[]): void => {
    const known = new Set(ranges.map(({ id }) => id));
    ranges = read;
    for (const range of read) if (!known.has(range.id)) for (const listener of listeners) listener(range);
  };
  const refresh = async (): Promise<void> => {
    const startedAt = now();
    take(await document.read());
    readAt = startedAt;
  };
  return {
    get ranges() {
      return ranges;
    },
    find: (topicEpoch, partition, at) => {
      // Nearly always: nothing is set aside anywhere.
      if (ranges.length === 0) return null;
      const holds = (range: SetAside): boolean =>
        range.partition === partition && range.topicEpoch === topicEpoch && at >= range.first && at <= range.last;
      return ranges.find(holds) ?? null;
    },
    add: async (asked) => {
      const turn = await document.alone(async (kept, set) => {
        const range = { ...asked, id: `q${kept.length + 1}`, at: now() };
        const read = [...kept, range];
        if (!(await set(read))) throw new Error('the receipt was not stored: the control store took too long');
        take(read);
        return range;
      }, PATIENCE_MS);
      if (turn === null) throw new Error('the receipt was not stored: another is being stored');
      return turn.result;
    },
    load: async () => {
      if (readAt === null) await refresh();
    },
    refreshIfStale: async () => {
      if (readAt === null || now() - readAt >= refreshMs) await refresh();
    },
    onAdded: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
