import { type EventLog, EventLogError, type ProduceRecord } from '@cartledger/event-log';
import type { Clock, Logger, ServiceError } from '@cartledger/service';
import { logFull, logUnavailable, WAIT_FULL_S, WAIT_UNAVAILABLE_S } from './errors.ts';

export type Appender = {
  /** Resolves when the log has the records; throws `log_full` or `log_unavailable`, and some may have been written. */
  append(records: readonly ProduceRecord[]): Promise<void>;
  /**
   * Why the last events were not taken, in words, for as long as their sender is told to wait; else null. Not for
   * longer: who is called not ready is sent nothing, and would never find out that the log takes events again.
   */
  refusal(): string | null;
};

type Refusal = { error: ServiceError; reason: string; until: number };

const WARN_EVERY_MS = 10_000;

const refusalBy = (error: EventLogError, now: number): Refusal =>
  error.code === 'full'
    ? {
        error: logFull(error),
        reason: 'the event log has no room: free disk space, or raise its size limit',
        until: now + WAIT_FULL_S * 1_000,
      }
    : {
        error: logUnavailable(error),
        reason: `the event log did not take the last events: ${error.code}`,
        until: now + WAIT_UNAVAILABLE_S * 1_000,
      };

/** The way into the log. A log that refuses is told in the log of this process now and then, not once a request. */
export const createAppender = (
  { log, logger, now }: { log: Pick<EventLog, 'produce'>; logger: Logger; now: Clock },
  topic: string,
): Appender => {
  let last: Refusal | null = null;
  let warnedAt = Number.NEGATIVE_INFINITY;
  let untold = 0;

  const warn = (err: EventLogError): void => {
    untold += 1;
    if (now() - warnedAt < WARN_EVERY_MS) return;
    warnedAt = now();
    logger.warn({ err, topic, code: err.code, requests: untold }, 'the event log did not take events');
    untold = 0;
  };

  return {
    async append(records) {
      if (records.length === 0) return;
      try {
        await log.produce(topic, records);
        last = null;
      } catch (error) {
        if (!(error instanceof EventLogError)) throw error;
        warn(error);
        last = refusalBy(error, now());
        throw last.error;
      }
    },
    refusal: () => (last !== null && now() < last.until ? last.reason : null),
  };
};
