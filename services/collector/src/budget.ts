/** Bytes that may be held at once. */
export type Budget = {
  /** False, taking nothing, when they are not to be had. */
  take(bytes: number): boolean;
  give(bytes: number): void;
  readonly taken: number;
};

/**
 * Refusing is better than running out of memory: the sender is told to come again, and nothing taken in is lost. What
 * is taken of a part of another budget is taken of the whole as well.
 */
export const createBudget = (maxBytes: number, whole: Budget | null = null): Budget => {
  let taken = 0;
  return {
    take(bytes) {
      if (taken + bytes > maxBytes || whole?.take(bytes) === false) return false;
      taken += bytes;
      return true;
    },
    give(bytes) {
      taken -= bytes;
      whole?.give(bytes);
    },
    get taken() {
      return taken;
    },
  };
};
