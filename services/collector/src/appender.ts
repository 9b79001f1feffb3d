import type { EventLog, ProduceRecord } from '@cartledger/event-log';
import type { Clock, Logger } from '@cartledger/service';
import { createRefusals } from './refusals.ts';

type AppendOptions = {
  /** Imports wait for the log: they can come again, and would fill the spool. */
  imported: boolean;
};

/** The way of good events out of this process. */
export type Appender = {
  /**
   * Resolves when the records are where no kill of this process or of the log loses them. Throws the error to answer
   * with (`log_full`, `log_unavailable`), and some may have been written.
   */
  append(records: readonly ProduceRecord[], options: AppendOptions): Promise<void>;
  /** Why events cannot be sent here now, in words; else null. */
  problem(): Promise<string | null>;
  /** Call it when no append is under way. */
  stop(): Promise<void>;
};

/** Straight into the log: while that is away, nothing is taken. */
export const createAppender = (
  { log, logger, now }: { log: Pick<EventLog, 'produce' | 'healthy'>; logger: Logger; now: Clock },
  topic: string,
): Appender => {
  const refusals = createRefusals({ logger, now, topic });
  return {
    async append(records) {
      if (records.length === 0) return;
      await log.produce(topic, records).catch((error: unknown) => {
        throw refusals.refuse(error);
      });
      refusals.clear();
    },
    problem: async () => ((await log.healthy()) ? refusals.reason() : 'the event log does not answer'),
    stop: () => Promise.resolve(),
  };
};
