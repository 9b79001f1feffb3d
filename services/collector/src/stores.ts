import type { Control } from '@cartledger/control';
import type { Clock } from '@cartledger/service';

/** What intake must know of a store. */
export type StoreRules = {
  maxAgeDays: number;
  /** What happened longer ago is not kept, imported or not; null or none: everything is. */
  retentionDays?: number | null;
};

const TTL_MS = 10_000;
const MAX_STORES = 10_000;

/** A store's rules, remembered for ten seconds; null for a store that is not there (which is not remembered). */
export const createStoreRules = (stores: Pick<Control['stores'], 'get'>, now: Clock) => {
  const known = new Map<string, { rules: StoreRules; at: number }>();
  return async (store_id: string): Promise<StoreRules | null> => {
    const hit = known.get(store_id);
    if (hit && now() - hit.at < TTL_MS) return hit.rules;
    const store = await stores.get(store_id);
    known.delete(store_id);
    if (!store) return null;
    const { max_age_days, retention_days } = store.definition;
    const rules = { maxAgeDays: max_age_days, retentionDays: retention_days };
    known.set(store_id, { rules, at: now() });
    const [oldest] = known.keys();
    if (known.size > MAX_STORES && oldest !== undefined) known.delete(oldest);
    return rules;
  };
};
