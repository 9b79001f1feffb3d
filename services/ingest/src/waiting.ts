import type { Logger } from '@cartledger/service';
import { codeOf } from './failure.ts';
import type { IngestMetrics } from './metrics.ts';

/** What a partition can wait for. */
type Step =
  | 'server_check'
  | 'positions'
  | 'topic'
  | 'quarantine'
  | 'tombstones'
  | 'stores'
  | 'dead_letters'
  | 'events'
  | 'intake'
  | 'touches';

export type Wait = { step: Step; code: string; since: number };

/** Waiting for a store that does not answer is a state, not a failure: it is counted, logged and shown. */
export type Waiting = {
  /**
   * Runs `work`, which reports each failed attempt. It is a wait from its beginning on, once an attempt has failed or
   * has got no answer for a while; the wait is over when it ends.
   */
  during<T>(step: Step, work: (onFailure: (error: unknown) => void) => Promise<T>): Promise<T>;
  /** The longest present wait. */
  longest(): Wait | null;
  /** When the last wait ended, ms UTC; null: there was none. */
  endedAt(): number | null;
  /** The waits of one partition: of its own, and of what all partitions wait for. */
  of(partition: number): Waiting;
};

/** An answer that takes longer is waited for, though nothing has failed. */
const UNANSWERED_AFTER_MS = 5_000;
const UNANSWERED = 'unanswered';

/** Attempts between two lines in the log about one wait. */
const LOG_EVERY = 10;

export const createWaiting = ({
  now,
  logger,
  metrics,
}: {
  now: () => number;
  logger: Logger;
  metrics: IngestMetrics;
}): Waiting => {
  /** Each with whose it is; null: everybody's. */
  const waits = new Map<Wait, number | null>();
  const endings = new Map<number | null, number>();

  const isShown = ({ code, since }: Wait): boolean => code !== UNANSWERED || now() - since >= UNANSWERED_AFTER_MS;

  const waitsOf = (owner: number | null): Waiting => {
    const concerns = (other: number | null): boolean => owner === null || other === null || other === owner;
    return {
      during: async (step, work) => {
        const wait: Wait = { step, code: UNANSWERED, since: now() };
        waits.set(wait, owner);
        let failures = 0;
        const onFailure = (error: unknown): void => {
          wait.code = codeOf(error);
          metrics.retries.inc({ step, code: wait.code });
          if (failures % LOG_EVERY === 0)
            logger.warn({ err: error, step, code: wait.code }, 'waiting, then trying again');
          failures += 1;
        };
        try {
          return await work(onFailure);
        } finally {
          waits.delete(wait);
          if (isShown(wait)) {
            endings.set(owner, now());
            logger.info({ step, waitedMs: now() - wait.since }, 'the wait is over');
          }
        }
      },
      longest: () =>
        [...waits]
          .filter(([wait, other]) => concerns(other) && isShown(wait))
          .reduce<Wait | null>((a, [b]) => (a === null || b.since < a.since ? b : a), null),
      endedAt: () => {
        const times = [...endings].flatMap(([other, at]) => (concerns(other) ? [at] : []));
        return times.length === 0 ? null : Math.max(...times);
      },
      of: waitsOf,
    };
  };
  return waitsOf(null);
};
