/** Runs work one after the other, in the order it came; what was given up while it waited is not begun. */
export const createQueue = () => {
  let last: Promise<unknown> = Promise.resolve();
  return async <T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    const before = last;
    const { promise, resolve } = Promise.withResolvers<void>();
    last = promise;
    try {
      await before;
      signal?.throwIfAborted();
      return await work();
    } finally {
      resolve();
    }
  };
};

/** Work of one key one after the other, of different keys side by side, at most so much at once in all. */
export const createQueues = ({ atOnce }: { atOnce: number }) => {
  const queues = new Map<string, { queue: ReturnType<typeof createQueue>; users: number }>();
  const waiting: (() => void)[] = [];
  let free = atOnce;
  const take = async (): Promise<void> => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const giveBack = (): void => {
    const next = waiting.shift();
    if (next) next();
    else free++;
  };
  return async <T>(key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    const own = queues.get(key) ?? { queue: createQueue(), users: 0 };
    queues.set(key, own);
    own.users++;
    try {
      return await own.queue(async () => {
        await take();
        try {
          signal?.throwIfAborted();
          return await work();
        } finally {
          giveBack();
        }
      }, signal);
    } finally {
      own.users--;
      if (own.users === 0) queues.delete(key);
    }
  };
};
