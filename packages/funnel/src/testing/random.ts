/** Chance with a seed. */
export type Random = {
  /** A whole number from 0 to n - 1. */
  below(n: number): number;
  chance(p: number): boolean;
  pick<T>(from: readonly [T, ...T[]]): T;
};

/** mulberry32: the same numbers for the same seed, everywhere. */
export const createRandom = (seed: number): Random => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return { below, chance: (p) => next() < p, pick: (from) => from[below(from.length)] ?? from[0] };
};

/** Each with probability p, in their order. */
export const someOf = <T>(random: Random, from: readonly T[], p: number): T[] => from.filter(() => random.chance(p));
