import type { Control } from '@cartledger/control';

type StoreRules = {
  maxAgeDays: number;
  /** What happened longer ago is not kept, imported or not; null or none: everything is. */
  retentionDays?: number | null;
};

/** The stores that exist, kept in memory. */
export type StoreDirectory = {
  get(store_id: string): StoreRules | undefined;
  /**
   * Resolves when the directory was read after `moment` (ms UTC): whoever is not in it then did not exist at that
   * moment. Reads at most once in `minIntervalMs`, however many stores are missed. Throws when control fails.
   */
  freshSince(moment: number): Promise<void>;
  /** Reads anew when the last reading is older than `refreshMs`; throws when control fails. */
  refreshIfStale(): Promise<void>;
};

export const createStoreDirectory = (
  { stores, now }: { stores: Pick<Control['stores'], 'list'>; now: () => number },
  { refreshMs, minIntervalMs }: { refreshMs: number; minIntervalMs: number },
): StoreDirectory => {
  let rules = new Map<string, StoreRules>();
  /** When the last successful reading began: later changes may be missing from it. */
  let readAt = Number.NEGATIVE_INFINITY;
  let lastAttemptAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | null = null;

  const read = async (): Promise<void> => {
    const wait = lastAttemptAt + minIntervalMs - now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const startedAt = now();
    lastAttemptAt = startedAt;
    const list = await stores.list();
    rules = new Map(
      list.map(({ store_id, definition: { max_age_days, retention_days } }) => [
        store_id,
        { maxAgeDays: max_age_days, retentionDays: retention_days ?? null },
      ]),
    );
    readAt = startedAt;
  };

  /** One reading at a time, shared by all who wait for it. */
  const share = (): Promise<void> => {
    reading ??= read().finally(() => {
      reading = null;
    });
    return reading;
  };

  return {
    get: (store_id) => rules.get(store_id),
    freshSince: async (moment) => {
      // A reading that was under way at `moment` may have begun before it: then one more is needed.
      while (readAt < moment) await share();
    },
    refreshIfStale: async () => {
      if (now() - readAt >= refreshMs) await share();
    },
  };
};
