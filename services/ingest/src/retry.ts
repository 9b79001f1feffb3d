import { setTimeout as sleep } from 'node:timers/promises';

export type RetryOptions = {
  /** The wait before attempt n + 1, n from 0. */
  backoffMs: (attempt: number) => number;
  signal: AbortSignal;
  /** Errors that no waiting helps: thrown at once. */
  isFinal: (error: unknown) => boolean;
  /** Told of each failure that is waited out, before the wait. */
  onFailure: (error: unknown) => void;
};

/** Does `work` until it succeeds, waiting between attempts; ends early only by a final error or the signal. */
export const retry = async <T>(work: () => Promise<T>, options: RetryOptions): Promise<T> => {
  for (let attempt = 0; ; attempt += 1) {
    options.signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (options.signal.aborted || options.isFinal(error)) throw error;
      options.onFailure(error);
      await sleep(options.backoffMs(attempt), undefined, { signal: options.signal });
    }
  }
};
