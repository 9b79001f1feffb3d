import type { Clock } from '@cartledger/service';

/** What may be spent: so much comes in a second, at most `burst` is kept. */
export type Share = { perSecond: number; burst: number };

export type RateLimit = {
  /** How long this key has to wait before its next request, in ms; 0: go on. */
  waitMs(key: string, share: Share): number;
  /** Counts what the key has sent. */
  spend(key: string, share: Share, amount: number): void;
};

type Bucket = { tokens: number; at: number };

/**
 * A token bucket a key. A request is let in while there is anything left and may overdraw, which the next ones wait
 * for: so a request is judged before its body is read. Each process counts for itself.
 */
export const createRateLimit = ({ now, maxKeys = 10_000 }: { now: Clock; maxKeys?: number }): RateLimit => {
  const buckets = new Map<string, Bucket>();

  const bucketOf = (key: string, { perSecond, burst }: Share): Bucket => {
    const at = now();
    const known = buckets.get(key);
    const bucket = known
      ? { tokens: Math.min(burst, known.tokens + (Math.max(0, at - known.at) * perSecond) / 1_000), at }
      : { tokens: burst, at };
    // Kept in order of use: when there are too many, the one longest unused goes, which is most likely full.
    buckets.delete(key);
    buckets.set(key, bucket);
    const [oldest] = buckets.keys();
    if (buckets.size > maxKeys && oldest !== undefined) buckets.delete(oldest);
    return bucket;
  };

  return {
    waitMs(key, share) {
      const { tokens } = bucketOf(key, share);
      return tokens > 0 ? 0 : ((1 - tokens) * 1_000) / share.perSecond;
    },
    spend(key, share, amount) {
      bucketOf(key, share).tokens -= amount;
    },
  };
};
