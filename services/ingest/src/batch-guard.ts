import { setTimeout as sleep } from 'node:timers/promises';
import { EventLogError } from '@cartledger/event-log';
import type { Logger } from '@cartledger/service';
import { type Erased, NOTHING_ERASED } from './erased.ts';
import { codeOf } from './failure.ts';
import type { Quarantine } from './quarantine.ts';
import { retry } from './retry.ts';
import type { Wait, Waiting } from './waiting.ts';

/** What one partition is doing, and since when (ms UTC). */
export type PartitionState = { since: number } & (
  | { name: 'reading' }
  | { name: 'waiting'; step: Wait['step']; code: string }
  /** The batch [first, last] fails by itself, not by a store that does not answer. */
  | { name: 'blocked'; code: string; message: string; first: bigint; last: bigint }
);

/** Records in offset order, at least one. */
type OffsetRun = { records: { at(index: number): { offset: bigint } | undefined } };

/** Stands around the batches of one partition. */
export type BatchGuard = {
  /**
   * Makes attempts until the batch is taken in; rejects only by the signal or a closed log. A batch that fails by
   * itself blocks its partition, is tried again after a while, and the others flow. A batch of which a range is set
   * aside meanwhile is begun anew at once, whatever it was waiting for, and so is every one when somebody was erased:
   * each attempt is to be a run of its own.
   */
  through(batch: OffsetRun, signal: AbortSignal, attempt: (signal: AbortSignal) => Promise<void>): Promise<void>;
  readonly state: PartitionState;
};

const MAX_MESSAGE_LENGTH = 300;

const isClosed = (error: unknown): boolean => error instanceof EventLogError && error.code === 'closed';

const described = (error: unknown): { code: string; message: string } => {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: codeOf(error), message: message.slice(0, MAX_MESSAGE_LENGTH).toWellFormed() };
};

export const createBatchGuard = (
  {
    quarantine,
    erased = NOTHING_ERASED,
    waiting,
    backoffMs,
    now,
    logger,
    onBlocked = () => {},
  }: {
    quarantine: Quarantine;
    /** Default: nothing ever is. */
    erased?: Pick<Erased, 'onAdded'>;
    /** The partition's. */
    waiting: Waiting;
    backoffMs: (attempt: number) => number;
    now: () => number;
    logger: Logger;
    /** Told when the partition comes to be blocked, and when it is not any more. */
    onBlocked?: (isBlocked: boolean) => void;
  },
  { partition, topicEpoch }: { partition: number; topicEpoch: string },
): BatchGuard => {
  let blocked: Extract<PartitionState, { name: 'blocked' }> | null = null;
  let calmSince = now();

  const block = (error: unknown, first: bigint, last: bigint): void => {
    blocked = { name: 'blocked', since: blocked?.since ?? now(), ...described(error), first, last };
    onBlocked(true);
    const range = { first: String(first), last: String(last), code: blocked.code };
    logger.error({ err: error, ...range }, 'the partition is blocked by a batch that cannot be taken in');
  };

  const unblock = (): void => {
    if (blocked === null) return;
    calmSince = now();
    blocked = null;
    onBlocked(false);
  };

  /** A signal that ends with `signal`, when a part of [first, last] is set aside, and when somebody was erased. */
  const endedBy = (signal: AbortSignal, first: bigint, last: bigint) => {
    const own = new AbortController();
    const end = (): void => own.abort(signal.reason);
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    const forget = quarantine.onAdded((range) => {
      const concerns = range.partition === partition && range.topicEpoch === topicEpoch;
      if (concerns && range.first <= last && range.last >= first) own.abort(new Error('a range was set aside'));
    });
    const forgetErased = erased.onAdded(() => own.abort(new Error('somebody was erased')));
    const release = (): void => {
      signal.removeEventListener('abort', end);
      forget();
      forgetErased();
    };
    return { signal: own.signal, release };
  };

  return {
    through: async (batch, signal, attempt) => {
      await waiting.during('quarantine', (onFailure) =>
        retry(() => quarantine.load(), { backoffMs, signal, isFinal: () => false, onFailure }),
      );
      const first = batch.records.at(0)?.offset ?? 0n;
      const last = batch.records.at(-1)?.offset ?? first;
      for (let failures = 0; ; failures += 1) {
        const turn = endedBy(signal, first, last);
        try {
          await attempt(turn.signal);
          return unblock();
        } catch (error) {
          if (signal.aborted || isClosed(error)) throw error;
          if (!turn.signal.aborted) {
            block(error, first, last);
            // Ended early by a range that is set aside; by the partition's own signal below.
            await sleep(backoffMs(failures), undefined, { signal: turn.signal }).catch(() => {});
          }
          signal.throwIfAborted();
        } finally {
          turn.release();
        }
      }
    },
    get state(): PartitionState {
      if (blocked !== null) return blocked;
      const wait = waiting.longest();
      if (wait !== null) return { name: 'waiting', ...wait };
      return { name: 'reading', since: Math.max(calmSince, waiting.endedAt() ?? 0) };
    },
  };
};
