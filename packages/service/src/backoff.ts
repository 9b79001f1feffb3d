export type BackoffOptions = {
  baseMs: number;
  maxMs: number;
  /** In [0, 1); Math.random in production, seeded in tests. */
  random: () => number;
};

/**
 * The wait before attempt n + 1, n counted from 0: doubling from baseMs up to maxMs, of which the upper half is
 * random, so that workers that failed together do not come back together.
 */
export const backoff =
  ({ baseMs, maxMs, random }: BackoffOptions) =>
  (attempt: number): number => {
    const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
    return Math.round(ceiling / 2 + (ceiling / 2) * random());
  };
