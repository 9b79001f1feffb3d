import type { Records } from '@cartledger/event-log';
import type { CountedHistogram } from '@cartledger/service';

/** Upper bounds of how long an event may take from the log into the store, in seconds; half a second is a batch's age. */
export const QUERYABLE_BOUNDS = [0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 900, 3_600] as const;

type Appended = Pick<Records, 'length' | 'timestampAt'>;

/** Told of records whose events the store has answered for: counts how long each took since it was appended. */
export type Queryable = (records: { readonly chunks: readonly Appended[] }) => void;

export const createQueryable = (histogram: CountedHistogram, now: () => number): Queryable => {
  const boundsMs = Float64Array.from(histogram.bounds, (seconds) => seconds * 1_000);
  const counts = new Uint32Array(boundsMs.length + 1);

  /** Counts each record into its bucket; answers the sum of what they took, in ms. */
  const count = (records: Appended, at: number): number => {
    let sumMs = 0;
    for (let i = 0; i < records.length; i++) {
      // A producer's clock may be ahead of ours.
      const ms = Math.max(0, at - records.timestampAt(i));
      let bucket = 0;
      while (bucket < boundsMs.length && ms > (boundsMs[bucket] ?? 0)) bucket++;
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      sumMs += ms;
    }
    return sumMs;
  };

  return ({ chunks }) => {
    const at = now();
    counts.fill(0);
    let sumMs = 0;
    for (const chunk of chunks) sumMs += count(chunk, at);
    histogram.add(counts, sumMs / 1_000);
  };
};
