import type { LogRecord } from '@cartledger/event-log';
import { type EventLog, EventLogError, encodeDeadLetter, type ProduceRecord, toStub } from '@cartledger/event-log';
import type { Rejection } from '@cartledger/events';
import { recordBytes } from './batcher.ts';
import type { IngestMetrics } from './metrics.ts';
import { retry } from './retry.ts';
import type { Waiting } from './waiting.ts';

type DeadRecord = { record: LogRecord; rejection: Rejection };

export type DeadLetters = {
  /** Resolves when every letter is acknowledged by the log; rejects only by the signal or a closed log. */
  write(letters: readonly DeadRecord[], topicEpoch: string, signal: AbortSignal): Promise<void>;
};

/** Below what brokers take in one request; a call with one larger letter carries it alone. */
const MAX_CALL_BYTES = 256 * 1024;

const inCalls = (letters: readonly DeadRecord[]): DeadRecord[][] => {
  const calls: DeadRecord[][] = [];
  let room = 0;
  for (const letter of letters) {
    const bytes = recordBytes(letter.record) * 2;
    const call = calls.at(-1);
    if (call === undefined || bytes > room) {
      calls.push([letter]);
      room = MAX_CALL_BYTES - bytes;
    } else {
      call.push(letter);
      room -= bytes;
    }
  }
  return calls;
};

const isTooLarge = (error: unknown): boolean => error instanceof EventLogError && error.code === 'too_large';
const isClosed = (error: unknown): boolean => error instanceof EventLogError && error.code === 'closed';

/** Writes what cannot be taken in to the dead-letter topic, whole or, where it is too large for that, as a stub. */
export const createDeadLetters = (
  {
    log,
    metrics,
    waiting,
    backoffMs,
  }: {
    log: Pick<EventLog, 'produce'>;
    metrics: IngestMetrics;
    waiting: Waiting;
    backoffMs: (attempt: number) => number;
  },
  { topic, eventsTopic }: { topic: string; eventsTopic: string },
): DeadLetters => {
  const produce = (records: readonly ProduceRecord[], signal: AbortSignal): Promise<void> =>
    waiting.during('dead_letters', (onFailure) =>
      retry(() => log.produce(topic, records), {
        backoffMs,
        signal,
        isFinal: (error) => isTooLarge(error) || isClosed(error),
        onFailure,
      }),
    );

  const produceOrStub = async (record: ProduceRecord, signal: AbortSignal): Promise<void> => {
    try {
      await produce([record], signal);
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      await produce([toStub(record)], signal);
      metrics.deadLetterStubs.inc();
    }
  };

  return {
    write: async (letters, topicEpoch, signal) => {
      for (const call of inCalls(letters)) {
        const records = call.map(({ record, rejection }) =>
          encodeDeadLetter(record, { topic: eventsTopic, topicEpoch }, rejection),
        );
        try {
          await produce(records, signal);
        } catch (error) {
          if (!isTooLarge(error)) throw error;
          // Some of the call may have been written: a letter that comes twice is one letter, by its origin.
          for (const record of records) await produceOrStub(record, signal);
        }
      }
      for (const { rejection } of letters) metrics.rejected.inc({ code: rejection.code });
    },
  };
};
