/** Bytes that may be held at once, by all requests together. */
export type Budget = {
  /** False, taking nothing, when they are not to be had. */
  take(bytes: number): boolean;
  give(bytes: number): void;
  readonly taken: number;
};

/** Refusing is better than running out of memory: the sender is told to come again, and nothing taken in is lost. */
export const createBudget = (maxBytes: number): Budget => {
  let taken = 0;
  return {
    take(bytes) {
      if (taken + bytes > maxBytes) return false;
      taken += bytes;
      return true;
    },
    give(bytes) {
      taken -= bytes;
    },
    get taken() {
      return taken;
    },
  };
};
