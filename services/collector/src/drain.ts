import { type EventLog, EventLogError } from '@cartledger/event-log';
import type { Logger } from '@cartledger/service';
import { pause } from './pause.ts';
import type { Spool } from './spool.ts';

export type DrainDeps = {
  spool: Pick<Spool, 'head' | 'drop'>;
  log: Pick<EventLog, 'produce'>;
  topic: string;
  /** The wait after the nth failure in a row, counted from 0. */
  backoffMs: (failures: number) => number;
  logger: Logger;
  /** Told of each slice that the log has acknowledged and the spool has dropped. */
  onMoved?: (events: number) => void;
  onFailed?: () => void;
};

const WARN_EVERY = 10;

/**
 * Moves a spool's records into the log, oldest first, one slice after the other, until there are none or `signal` is
 * aborted. A slice is dropped only when the log has acknowledged it: a kill in between sends it once more, which
 * changes nothing. A slice that the log refuses is tried again for ever, for it was promised.
 */
export const drain = async (
  { spool, log, topic, backoffMs, logger, onMoved, onFailed }: DrainDeps,
  signal: AbortSignal,
): Promise<void> => {
  for (let failures = 0; !signal.aborted; ) {
    try {
      const slice = await spool.head();
      if (slice === null) return;
      await log.produce(topic, slice.records);
      await spool.drop(slice);
      failures = 0;
      onMoved?.(slice.records.length);
    } catch (error) {
      if (signal.aborted) return;
      const code = error instanceof EventLogError ? error.code : 'unknown';
      if (failures % WARN_EVERY === 0) {
        logger.warn({ err: error, topic, code, failures: failures + 1 }, 'the event log does not take spooled events');
      }
      onFailed?.();
      await pause(backoffMs(failures), signal);
      failures += 1;
    }
  }
};
