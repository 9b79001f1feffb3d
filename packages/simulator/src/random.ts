/** Seeded randomness: the same seed gives the same traffic, on any machine. */

export type Random = {
  /** From 0 up to 1. */
  next(): number;
  /** A whole number, both ends included. */
  int(least: number, most: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** Weighted by the second of each pair. */
  weighted<T>(from: readonly (readonly [T, number])[]): T;
  /** Lower-case letters and digits. */
  id(length: number): string;
};

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** FNV-1a, one 32-bit state a start value. */
const hash = (text: string, start: number): number => {
  let state = start;
  for (let index = 0; index < text.length; index++) {
    state = Math.imul(state ^ text.charCodeAt(index), 16_777_619);
  }
  return state >>> 0;
};

/** sfc32, seeded by everything in `seed`: random numbers of one part of the traffic do not move another's. */
export const createRandom = (...seed: (string | number)[]): Random => {
  const text = seed.join('\u001f');
  let a = hash(text, 2_166_136_261);
  let b = hash(text, 374_761_393);
  let c = hash(text, 668_265_263);
  let counter = 1;
  const next32 = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round++) next32();

  const next = (): number => next32() / 2 ** 32;
  const int = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  const pick = <T>(from: readonly T[]): T => {
    const picked = from[int(0, from.length - 1)];
    if (picked === undefined) throw new RangeError('nothing to pick from');
    return picked;
  };
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick,
    weighted: (from) => {
      let left = next() * from.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [value, weight] of from) {
        left -= weight;
        if (left < 0) return value;
      }
      return pick(from)[0];
    },
    id: (length) => Array.from({ length }, () => ALPHABET[int(0, ALPHABET.length - 1)]).join(''),
  };
};
