import { type EventLog, EventLogError, type EventLogErrorCode, type ProduceRecord } from '@cartledger/event-log';
import { backoff, type Clock, type Logger } from '@cartledger/service';
import type { Appender } from './appender.ts';
import { drain } from './drain.ts';
import { logUnavailable } from './errors.ts';
import { createGate } from './gate.ts';
import { pause } from './pause.ts';
import { createRefusals } from './refusals.ts';
import type { Spool } from './spool.ts';

/**
 * - `direct`: events go into the log; nothing is in the spool.
 * - `spooling`: the log is away. Every event goes into the spool, for newer ones must not overtake older ones.
 * - `draining`: the log takes what is in the spool, from its oldest on; new events go behind.
 */
export type SpoolingState = 'direct' | 'spooling' | 'draining';
export const SPOOLING_STATES = ['direct', 'spooling', 'draining'] as const satisfies readonly SpoolingState[];

export type SpoolingAppender = Appender & { readonly state: SpoolingState };

export type SpoolingDeps = {
  log: Pick<EventLog, 'produce'>;
  spool: Spool;
  logger: Logger;
  now: Clock;
  random?: () => number;
  onSpooled?: (events: number) => void;
  onDrained?: (events: number) => void;
};

export type SpoolingConfig = {
  topic: string;
  /** How long the log may take to answer before it counts as away. */
  logPatienceMs: number;
  /** How long a stop goes on draining. */
  drainMs: number;
};

const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 10_000;
/** With no more than this left in the spool, new events wait until it is empty: else a steady stream would keep it filled. */
const NEARLY_EMPTY = 2_000;

const AWAY: ReadonlySet<EventLogErrorCode> = new Set(['unavailable', 'timeout', 'full']);

/** Into the log, and while that is away into the spool: what `append` resolved for outlives a kill of either. */
export const createSpoolingAppender = (
  { log, spool, logger, now, random = Math.random, onSpooled, onDrained }: SpoolingDeps,
  { topic, logPatienceMs, drainMs }: SpoolingConfig,
): SpoolingAppender => {
  const refusals = createRefusals({ logger, now, topic });
  /** Of imports, which say nothing of whether other events are taken. */
  const refusedImports = createRefusals({ logger, now, topic });
  const backoffMs = backoff({ baseMs: FIRST_WAIT_MS, maxMs: MAX_WAIT_MS, random });
  const stopping = new AbortController();
  /** Of each request that waits for the log's answer: makes it stop waiting. */
  const waiting = new Set<() => void>();
  const gate = createGate(logPatienceMs, () => {
    state = 'spooling';
  });
  let state: SpoolingState = 'direct';
  let emptied: Promise<void> = Promise.resolve();

  /** Ends in `direct`, in the very turn in which the spool is seen to be empty: nothing can be put behind its back. */
  const empty = async (): Promise<void> => {
    const since = now();
    do {
      await drain(
        {
          spool,
          log,
          topic,
          backoffMs,
          logger,
          onMoved(events) {
            state = 'draining';
            onDrained?.(events);
            if (spool.events <= NEARLY_EMPTY) gate.close();
          },
          onFailed() {
            state = 'spooling';
            gate.open();
          },
        },
        stopping.signal,
      );
      await spool.settled();
    } while (!spool.isEmpty && !stopping.signal.aborted);
    if (spool.isEmpty) {
      state = 'direct';
      logger.info(
        { topic, seconds: Math.round((now() - since) / 1_000) },
        'the spool is empty: events go into the log',
      );
    }
    gate.open();
  };

  /** Whoever waits for the log's answer leaves for the spool with the one who turned. What the log still writes counts once. */
  const turn = (code: EventLogErrorCode): void => {
    if (state !== 'direct') return;
    state = 'spooling';
    logger.warn({ topic, code }, 'the event log does not take events: they go into the spool');
    for (const leave of waiting) leave();
    emptied = pause(backoffMs(0), stopping.signal).then(empty);
  };

  /** Null when the log has the records; else why they have to go into the spool. Throws what no waiting mends. */
  const send = async (records: readonly ProduceRecord[]): Promise<EventLogErrorCode | null> => {
    const left = Promise.withResolvers<'timeout'>();
    const leave = (): void => left.resolve('timeout');
    const patience = setTimeout(() => turn('timeout'), logPatienceMs);
    waiting.add(leave);
    try {
      return await Promise.race([log.produce(topic, records).then(() => null), left.promise]);
    } catch (error) {
      if (error instanceof EventLogError && error.retriable && AWAY.has(error.code)) return error.code;
      throw refusals.refuse(error);
    } finally {
      clearTimeout(patience);
      waiting.delete(leave);
    }
  };

  const sendImport = async (records: readonly ProduceRecord[]): Promise<void> => {
    if (state !== 'direct') throw logUnavailable('the spool is not for imports');
    await log.produce(topic, records).catch((error: unknown) => {
      throw refusedImports.refuse(error);
    });
  };

  if (!spool.isEmpty) {
    state = 'draining';
    logger.info({ topic, events: spool.events }, 'events of an earlier run are in the spool');
    emptied = empty();
  }

  return {
    get state() {
      return state;
    },
    async append(records, { imported }) {
      if (records.length === 0) return;
      await gate.pass();
      if (imported) return sendImport(records);
      if (state === 'direct') {
        const away = await send(records);
        if (away === null) return refusals.clear();
        turn(away);
      }
      await spool.put(records).catch((error: unknown) => {
        throw refusals.refuse(error, 'spool');
      });
      onSpooled?.(records.length);
      refusals.clear();
    },
    async problem() {
      if (!(await spool.healthy())) return 'the spool could not be flushed to disk: restart the collector';
      return refusals.reason();
    },
    async stop() {
      if (state === 'draining') await Promise.race([emptied, pause(drainMs, stopping.signal)]);
      stopping.abort();
      gate.open();
      if (!spool.isEmpty) {
        logger.warn({ topic, events: spool.events }, 'events stay in the spool: the next start sends them');
      }
    },
  };
};
