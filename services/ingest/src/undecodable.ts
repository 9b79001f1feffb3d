import type { UnreadableRange } from '@cartledger/event-log';
import type { Logger } from '@cartledger/service';
import type { PartitionState } from './batch-guard.ts';
import { codeOf } from './failure.ts';
import type { Quarantine, SetAside } from './quarantine.ts';
import { retry } from './retry.ts';
import type { Waiting } from './waiting.ts';

type Blocked = Extract<PartitionState, { name: 'blocked' }>;

/** Stands before records of one partition that nobody can decode: they block it alone, until an operator sets them aside. */
export type Undecodable = {
  /** Resolves when a range that was set aside holds all of them; rejects by the signal only. */
  setAside(range: Pick<UnreadableRange, 'first' | 'last' | 'error'>, signal: AbortSignal): Promise<SetAside>;
  readonly state: Blocked | null;
};

export const createUndecodable = (
  {
    quarantine,
    waiting,
    backoffMs,
    now,
    logger,
  }: {
    quarantine: Quarantine;
    /** The partition's. */
    waiting: Waiting;
    backoffMs: (attempt: number) => number;
    now: () => number;
    logger: Logger;
  },
  { partition, topicEpoch }: { partition: number; topicEpoch: string },
): Undecodable => {
  let state: Blocked | null = null;

  const comes = async (holds: (range: SetAside) => boolean, signal: AbortSignal): Promise<SetAside> => {
    const { promise, resolve, reject } = Promise.withResolvers<SetAside>();
    const end = (): void => reject(signal.reason);
    const forget = quarantine.onAdded((range) => {
      if (holds(range)) resolve(range);
    });
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    try {
      return await promise;
    } finally {
      forget();
      signal.removeEventListener('abort', end);
    }
  };

  return {
    setAside: async ({ first, last, error }, signal) => {
      state = { name: 'blocked', since: now(), code: 'undecodable', message: error.message, first, last };
      logger.error(
        { err: error, first: String(first), last: String(last), code: codeOf(error) },
        'the partition is blocked by records that cannot be decoded',
      );
      await waiting.during('quarantine', (onFailure) =>
        retry(() => quarantine.load(), { backoffMs, signal, isFinal: () => false, onFailure }),
      );
      const holds = (range: SetAside): boolean =>
        range.partition === partition && range.topicEpoch === topicEpoch && range.first <= first && range.last >= last;
      const range = quarantine.ranges.find(holds) ?? (await comes(holds, signal));
      state = null;
      return range;
    },
    get state() {
      return state;
    },
  };
};
