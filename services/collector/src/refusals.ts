import { EventLogError } from '@cartledger/event-log';
import type { Clock, Logger, ServiceError } from '@cartledger/service';
import { logFull, logUnavailable, spoolFull, WAIT_FULL_S, WAIT_UNAVAILABLE_S } from './errors.ts';

/** What the last refusal of events was. */
export type Refusals = {
  /** Notes that events were not taken, and answers the error to throw. What is no failure of a log it throws as it is. */
  refuse(error: unknown, by?: 'log' | 'spool'): ServiceError;
  /** Events were taken. */
  clear(): void;
  /**
   * Why the last events were not taken, in words, for as long as their sender is told to wait; else null. Not for
   * longer: who is called not ready is sent nothing, and would never find out that events are taken again.
   */
  reason(): string | null;
};

const WARN_EVERY_MS = 10_000;

const answerTo = (
  error: EventLogError,
  by: 'log' | 'spool',
): { answer: ServiceError; reason: string; waitS: number } => {
  if (error.code !== 'full') {
    const what = by === 'log' ? 'event log' : 'spool';
    return {
      answer: logUnavailable(error),
      reason: `the ${what} did not take the last events: ${error.code}`,
      waitS: WAIT_UNAVAILABLE_S,
    };
  }
  return by === 'log'
    ? {
        answer: logFull(error),
        reason: 'the event log has no room: free disk space, or raise its size limit',
        waitS: WAIT_FULL_S,
      }
    : {
        answer: spoolFull(error),
        reason:
          'the event log is away and the spool has no room: mend the log, or raise CARTLEDGER_COLLECTOR_SPOOL_MAX_BYTES',
        waitS: WAIT_FULL_S,
      };
};

/** A log that refuses is told in the log of this process now and then, not once a request. */
export const createRefusals = ({ logger, now, topic }: { logger: Logger; now: Clock; topic: string }): Refusals => {
  let last: { reason: string; until: number } | null = null;
  let warnedAt = Number.NEGATIVE_INFINITY;
  let untold = 0;

  const warn = (err: EventLogError, by: 'log' | 'spool'): void => {
    untold += 1;
    if (now() - warnedAt < WARN_EVERY_MS) return;
    warnedAt = now();
    const what = by === 'log' ? 'the event log' : 'the spool';
    logger.warn({ err, topic, code: err.code, requests: untold }, `${what} did not take events`);
    untold = 0;
  };

  return {
    refuse(error, by = 'log') {
      if (!(error instanceof EventLogError)) throw error;
      warn(error, by);
      const { answer, reason, waitS } = answerTo(error, by);
      last = { reason, until: now() + waitS * 1_000 };
      return answer;
    },
    clear() {
      last = null;
    },
    reason: () => (last !== null && now() < last.until ? last.reason : null),
  };
};
