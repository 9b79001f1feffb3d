/** Lets `count` pieces of work run at once; the others wait, in order. */
export const createTurns = (count: number) => {
  const waiting: (() => void)[] = [];
  let free = count;
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // The turn goes from hand to hand: nobody who comes now gets before it.
      if (next) next();
      else free += 1;
    }
  };
};
