/** How hard the aggregator may work: a share of the time in the long run, more after it has been quiet. */
export type RestConfig = {
  /** Of the time, 0 to 1 (no rest at all). */
  share: number;
  /** Work that quiet times save up for a burst, ms: a first import or a catch-up is done at once. */
  burstMs: number;
  /** No rest is longer: `as_of` stays young even while the debt is large. */
  maxRestMs: number;
};

export type Rest = {
  /** Takes note of work done just now; answers how long to rest before the next, in ms. */
  after(workedMs: number): number;
};

/** A bucket that fills by `share` of the passing time and pays for work; below empty there is rest until it is filled again. */
export const createRest = ({ share, burstMs, maxRestMs }: RestConfig, now: () => number): Rest => {
  let saved = burstMs;
  let at = now();
  return {
    after(workedMs) {
      const time = now();
      saved = Math.min(burstMs, saved + Math.max(0, time - at) * share - workedMs);
      at = time;
      if (saved >= 0) return 0;
      const restMs = Math.min(maxRestMs, -saved / share);
      // What a bounded rest does not pay back is forgiven: debt would outlive the load that made it.
      saved = -restMs * share;
      return restMs;
    },
  };
};
