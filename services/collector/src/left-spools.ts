import type { EventLog } from '@cartledger/event-log';
import { backoff, type Logger } from '@cartledger/service';
import { drain } from './drain.ts';
import { pause } from './pause.ts';
import { leftSpools, type SpoolDirectory } from './spool-directory.ts';

export type LeftSpools = {
  /** Resolves when none is being drained, or soon. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

const LOOK_EVERY_MS = 60_000;
const STOP_MS = 2_000;

/**
 * Looks now and each minute for spools that killed collectors have left in the directory, and sends what they hold to
 * the log. Only while one is being drained is it taken: a collector that starts meanwhile takes another.
 */
export const drainLeftSpools = (
  { log, logger }: { log: Pick<EventLog, 'produce'>; logger: Logger },
  { topic, ...directory }: SpoolDirectory & { topic: string },
): LeftSpools => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const backoffMs = backoff({ baseMs: 500, maxMs: 10_000, random: Math.random });

  const look = async (): Promise<void> => {
    for await (const spool of leftSpools(directory, logger)) {
      const { events } = spool;
      logger.warn({ topic, events }, 'a collector that is gone has left events in its spool: sending them');
      await drain({ spool, log, topic, backoffMs, logger }, signal);
      if (signal.aborted) return;
      logger.info({ topic, events }, 'the spool of the collector that is gone is empty');
    }
  };

  const looking = (async () => {
    while (!signal.aborted) {
      await look().catch((error: unknown) => logger.error({ err: error }, 'could not look after spools left behind'));
      await pause(LOOK_EVERY_MS, signal);
    }
  })();

  const stop = async (): Promise<void> => {
    stopping.abort();
    // A log that hangs must not hold up the end: what the next start sends once more counts once.
    const late = new AbortController();
    await Promise.race([looking, pause(STOP_MS, late.signal)]);
    late.abort();
  };
  return { stop, [Symbol.asyncDispose]: stop };
};
