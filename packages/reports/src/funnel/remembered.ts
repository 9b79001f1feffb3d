export type Remembered<T> = {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
};

/** The last few answers, each for a while. */
export const createRemembered = <T>({
  entries,
  forMs,
  now,
}: {
  entries: number;
  forMs: number;
  now: () => number;
}): Remembered<T> => {
  const kept = new Map<string, { value: T; until: number }>();
  return {
    get: (key) => {
      const found = kept.get(key);
      if (found === undefined) return undefined;
      kept.delete(key);
      if (found.until <= now()) return undefined;
      kept.set(key, found);
      return found.value;
    },
    set: (key, value) => {
      kept.delete(key);
      kept.set(key, { value, until: now() + forMs });
      const [oldest] = kept.keys();
      if (kept.size > entries && oldest !== undefined) kept.delete(oldest);
    },
  };
};
