import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../logger.ts';
import type { EventLogError, Records } from '../port.ts';
import type { TopicClient } from './backend.ts';
import { brokerError, KAFKA_ERROR } from './error-codes.ts';
import { asLogError } from './errors.ts';
import type { FetchedPartition } from './protocol/fetch.ts';
import { readRecordSet, UnreadableRecordsError } from './record-batch/record-set.ts';

/** A partition under one assignment. Being replaced in the map of claims ends it. */
export type Claim = {
  readonly partition: number;
  readonly epoch: number;
  /** The topic's id when it was assigned; null until that is known. */
  topicEpoch: string | null;
  /** The next offset to read; null until the owner said where to start. */
  position: bigint | null;
  paused: boolean;
};

export type FetcherHandlers = {
  onRecords(claim: Claim, records: Records, highWatermark: bigint): void;
  /**
   * Positions, all of one answer, are not (or no longer) within the log: to be moved, or the claims to be given up. Until
   * it resolves these claims are not read; the others are.
   */
  onOutOfRange(found: readonly Claim[]): Promise<void>;
  /** The topic is not, or not yet, the one that was assigned: asked for again soon. */
  onOtherTopic(): Promise<void>;
  /** It has no position any more, until it is moved behind them. */
  onUnreadable(claim: Claim, range: { first: bigint; last: bigint; error: EventLogError }): void;
  onFatal(error: Error): void;
};

export type Fetcher = {
  /** A claim came to be readable, or was moved. */
  wake(): void;
  /** From its return on nothing is handed over. */
  stop(): void;
};

const MAX_WAIT_MS = 250;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5_000;

/** What a broker says that has no topic of this id, or another one of its name. */
const OTHER_TOPIC: ReadonlySet<number> = new Set([KAFKA_ERROR.UNKNOWN_TOPIC_ID, KAFKA_ERROR.INCONSISTENT_TOPIC_ID]);

type ReadableClaim = Claim & { position: bigint; topicEpoch: string };

const isReadable = (claim: Claim): claim is ReadableClaim =>
  !claim.paused && claim.position !== null && claim.topicEpoch !== null;

/**
 * Reads the claimed partitions, one fetch at a time from each broker that leads some of them. An answer is handed over
 * only if its claim still stands where it stood when it was asked for; everything else is dropped, and asked for again.
 */
export function createFetcher(
  client: TopicClient,
  claims: ReadonlyMap<number, Claim>,
  options: { maxBatchBytes: number; verifyChecksums: boolean; logger: Logger },
  handlers: FetcherHandlers,
): Fetcher {
  const { maxBatchBytes, verifyChecksums, logger } = options;
  const stopping = new AbortController();
  const loops = new Set<string>();
  /** Whose positions are out of range, and dealt with: an answer about them that comes meanwhile is dropped. */
  const astray = new Set<Claim>();
  let learning: Promise<void> | undefined;
  let incomplete = 0;

  /** What each broker is to be asked for. Partitions without a known leader are nobody's. */
  function wanted(): { brokers: Map<string, ReadableClaim[]>; complete: boolean } {
    const ready = [...claims.values()].filter(isReadable).filter((claim) => !astray.has(claim));
    const brokers = new Map<string, ReadableClaim[]>();
    let found = 0;
    try {
      for (const [nodeId, partitions] of client.leaders(ready.map(({ partition }) => partition))) {
        brokers.set(
          nodeId,
          ready.filter(({ partition }) => partitions.includes(partition)),
        );
        found += partitions.length;
      }
    } catch (error) {
      logger.debug({ err: error }, 'the leaders of the partitions are not known');
    }
    return { brokers, complete: found === ready.length };
  }

  function wake(): void {
    if (stopping.signal.aborted) {
      return;
    }
    const { brokers, complete } = wanted();
    for (const nodeId of brokers.keys()) {
      if (!loops.has(nodeId)) {
        loops.add(nodeId);
        void loop(nodeId);
      }
    }
    incomplete = complete ? 0 : incomplete + 1;
    if (!complete) {
      void learn(incomplete);
    }
  }

  /** Ends, in the same turn as it finds nothing to do, when its broker leads no partition to be read. */
  async function loop(nodeId: string): Promise<void> {
    let failures = 0;
    for (;;) {
      const asked = stopping.signal.aborted ? undefined : wanted().brokers.get(nodeId);
      const topicId = asked?.[0]?.topicEpoch; // of all that are claimed at one time
      if (asked === undefined || topicId === undefined) {
        loops.delete(nodeId);
        return;
      }
      const from = asked.map(({ partition, position }) => ({ partition, from: position }));
      try {
        const answers = await client.fetch(nodeId, topicId, from, {
          maxBytesPerPartition: maxBatchBytes,
          maxWaitMs: MAX_WAIT_MS,
        });
        const outOfRange: Claim[] = [];
        const refusals: Error[] = [];
        for (const answer of answers) {
          const claim = asked.find(({ partition }) => partition === answer.partition);
          const askedFrom = from.find(({ partition }) => partition === answer.partition)?.from;
          if (!claim || askedFrom === undefined || !stands(claim, askedFrom)) {
            continue;
          }
          if (answer.errorCode === KAFKA_ERROR.NONE) {
            take(claim, askedFrom, answer);
          } else if (answer.errorCode === KAFKA_ERROR.OFFSET_OUT_OF_RANGE) {
            outOfRange.push(claim);
          } else {
            refusals.push(brokerError(answer.errorCode, `partition ${answer.partition} was not read`));
          }
        }
        if (outOfRange.length > 0) {
          void lookAfter(outOfRange); // waited for, it would hold up the others
        }
        if (answers.some(({ errorCode }) => OTHER_TOPIC.has(errorCode))) {
          await handlers.onOtherTopic();
        }
        failures = refusals.length === 0 ? 0 : failures + 1;
        if (refusals[0]) {
          await handle(refusals[0], failures);
        }
      } catch (error) {
        failures++;
        await handle(error, failures);
      }
    }
  }

  /** The claim is still ours, and where it was when it was asked for. */
  function stands(claim: Claim, askedFrom: bigint): boolean {
    const current = claims.get(claim.partition) === claim && !stopping.signal.aborted;
    return current && !claim.paused && !astray.has(claim) && claim.position === askedFrom;
  }

  function take(claim: Claim, askedFrom: bigint, answer: FetchedPartition): void {
    try {
      for (const { records, next } of readRecordSet(answer, askedFrom, { verifyChecksums })) {
        claim.position = next;
        if (records.length > 0) {
          handlers.onRecords(claim, records, answer.highWatermark);
        }
        if (!stands(claim, next)) {
          return; // paused or given up by whoever took these
        }
      }
    } catch (error) {
      if (!(error instanceof UnreadableRecordsError)) {
        throw error;
      }
      const at = claim.position ?? askedFrom;
      claim.position = null;
      // A header that names what the log has not got tells nothing about where its batch ends.
      const isKnown = error.last >= at && error.last < answer.highWatermark;
      handlers.onUnreadable(claim, { first: isKnown ? error.first : at, last: isKnown ? error.last : at, error });
    }
  }

  async function lookAfter(found: readonly Claim[]): Promise<void> {
    for (const claim of found) {
      astray.add(claim);
    }
    try {
      await handlers.onOutOfRange(found);
    } catch (error) {
      await handle(error, 1);
    }
    for (const claim of found) {
      astray.delete(claim);
    }
    wake();
  }

  async function handle(error: unknown, failures: number): Promise<void> {
    if (stopping.signal.aborted) {
      return;
    }
    const failure = asLogError(error);
    if (!failure.retriable) {
      handlers.onFatal(failure);
      return;
    }
    logger.warn({ err: failure }, 'reading from Kafka failed; tried again');
    await learn(failures);
  }

  /** Waits, learns the leaders anew and starts what they can be asked for: once for all who come meanwhile. */
  function learn(attempt: number): Promise<void> {
    learning ??= (async () => {
      try {
        const waitMs = Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), MAX_DELAY_MS);
        await delay(waitMs, undefined, { signal: stopping.signal });
        await client.refresh();
      } catch (error) {
        if (!stopping.signal.aborted) {
          logger.warn({ err: error }, 'learning the leaders of the partitions failed; tried again');
        }
      }
      learning = undefined;
      wake();
    })();
    return learning;
  }

  return {
    wake,
    stop: () => stopping.abort(),
  };
}
