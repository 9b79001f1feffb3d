import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../logger.ts';
import {
  type Assignment,
  type Committed,
  type ConsumeOptions,
  EventLogError,
  type LogConsumer,
  type LostTail,
  type UnreadableRange,
} from '../port.ts';
import { refuseLongMetadata } from '../record-bytes.ts';
import { withinMs } from '../within.ts';
import type { Backend, TopicClient } from './backend.ts';
import { createCommitter } from './committer.ts';
import { asLogError } from './errors.ts';
import { type Claim, createFetcher } from './fetcher.ts';

const DEFAULT_MAX_BATCH_BYTES = 1024 * 1024;
const RETRY_DELAY_MS = 500;
const TOPIC_CHECK_INTERVAL_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;

export type KafkaConsumerDeps = {
  membership: Backend['membership'];
  /** For questions; answered while fetches wait. */
  queries: TopicClient;
  /** For fetches alone; closed with the consumer. */
  fetches: TopicClient;
  verifyChecksums: boolean;
  logger: Logger;
};

/**
 * One member of a group. A partition's assignment goes: joined -> committed offset, metadata and topic id are read ->
 * the owner says where to start -> fetched from there; it ends with the next rebalance, a crash of the membership, when
 * the topic is found to be another one of the same name (the group is then joined anew), or when the partition is found to
 * end before its position (it is then assigned anew to the same member).
 */
export async function createKafkaConsumer(deps: KafkaConsumerDeps, options: ConsumeOptions): Promise<LogConsumer> {
  const { queries, fetches, verifyChecksums, logger } = deps;
  const { topic, groupId, handlers, maxBatchBytes = DEFAULT_MAX_BATCH_BYTES } = options;
  const where = { topic, groupId };
  const claims = new Map<number, Claim>();
  const stopping = new AbortController();
  let lastEpoch = 0;

  const isCurrent = (claim: Claim) => claims.get(claim.partition) === claim && !stopping.signal.aborted;

  const fetcher = createFetcher(
    fetches,
    claims,
    { maxBatchBytes, verifyChecksums, logger },
    {
      onRecords(claim, records, highWatermark) {
        const { partition, epoch: assignmentEpoch } = claim;
        guarded(() => handlers.onBatch({ partition, assignmentEpoch, records, highWatermark }));
      },
      onOutOfRange,
      onOtherTopic,
      onUnreadable,
      onFatal: fail,
    },
  );
  const membership = deps.membership({ topic, groupId }, { onJoined: assign, onLost: revokeAll, onFatal: fail });
  const topicCheck = setInterval(() => void onOtherTopic(), TOPIC_CHECK_INTERVAL_MS).unref();

  let ended: Promise<void> | undefined;

  function end(): Promise<void> {
    ended ??= leave();
    return ended;
  }

  function leave(): Promise<void> {
    stopping.abort();
    clearInterval(topicCheck);
    claims.clear();
    fetcher.stop();
    // A broker that does not answer must not hold up what is already without effect.
    return withinMs(STOP_TIMEOUT_MS, Promise.all([membership.stop(), fetches.close()])).then(
      () => {},
      (error: unknown) => logger.warn({ ...where, err: error }, 'leaving the group was not answered'),
    );
  }

  function fail(error: unknown): void {
    if (!stopping.signal.aborted) {
      void end();
      handlers.onFatal(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Runs an owner's callback: one that throws stops its consumer. */
  function guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      fail(error);
    }
  }

  function revokeAll(): void {
    const lost = [...claims.keys()];
    claims.clear();
    for (const partition of lost) {
      guarded(() => handlers.onRevoked(partition));
    }
  }

  function assign(partitions: readonly number[]): void {
    revokeAll();
    if (stopping.signal.aborted) {
      return;
    }
    begin(partitions.map((partition) => claimAnew(partition, null))).catch(fail);
  }

  function claimAnew(partition: number, topicEpoch: string | null): Claim {
    const claim = { partition, epoch: ++lastEpoch, position: null, paused: false, topicEpoch };
    claims.set(partition, claim);
    return claim;
  }

  async function begin(fresh: readonly Claim[]): Promise<void> {
    while (fresh.some(isCurrent)) {
      try {
        await queries.refresh(); // the group may know of partitions made just now
        const topicEpoch = await queries.epoch();
        const committed = await queries.committed(groupId);
        const ranges = new Map((await queries.offsets()).map((range) => [range.partition, range]));
        const missing = fresh.find(({ partition }) => !ranges.has(partition));
        if (missing) {
          throw new EventLogError('unknown_topic', `partition ${missing.partition} is not known yet`, {
            retriable: true,
          });
        }
        for (const claim of fresh.filter(isCurrent)) {
          claim.topicEpoch = topicEpoch;
          const earliest = ranges.get(claim.partition)?.earliest ?? 0n;
          void place(claim, { topicEpoch, committed: committed.get(claim.partition) ?? null, earliest });
        }
        return;
      } catch (error) {
        if (stopping.signal.aborted) {
          return;
        }
        const failure = asLogError(error);
        if (!failure.retriable) {
          throw failure;
        }
        logger.warn({ ...where, err: failure }, 'reading what the group committed failed; tried again');
        await delay(RETRY_DELAY_MS);
      }
    }
  }

  async function place(claim: Claim, told: Omit<Assignment, 'partition' | 'assignmentEpoch'>): Promise<void> {
    const { partition, epoch: assignmentEpoch } = claim;
    try {
      const start = await handlers.onAssigned({ partition, assignmentEpoch, ...told });
      if (isCurrent(claim)) {
        moveTo(claim, start === 'earliest' || told.lostTail ? told.earliest : start, told.earliest);
        fetcher.wake();
      }
    } catch (error) {
      fail(error);
    }
  }

  function moveTo(claim: Claim, position: bigint, earliest: bigint): void {
    claim.position = position < earliest ? earliest : position;
    if (position < earliest) {
      guarded(() => handlers.onGap(claim.partition, position, earliest));
    }
  }

  async function onOutOfRange(found: readonly Claim[]): Promise<void> {
    try {
      if (await reassignIfTopicChanged()) {
        return;
      }
      const ranges = new Map((await queries.offsets()).map((range) => [range.partition, range]));
      const committed = await queries.committed(groupId);
      for (const claim of found) {
        const range = ranges.get(claim.partition);
        if (range && claim.position !== null && isCurrent(claim)) {
          if (claim.position < range.earliest) {
            moveTo(claim, claim.position, range.earliest);
          } else {
            // It was above the end: so it is not out of range any more where the log has grown past it meanwhile.
            const lostTail = { position: claim.position, end: range.end };
            replace(claim, committed.get(claim.partition) ?? null, range.earliest, lostTail);
          }
        }
      }
    } catch (error) {
      logger.warn({ ...where, err: error }, 'finding the ranges of partitions failed; tried again');
    }
    await delay(RETRY_DELAY_MS); // also when nothing moved: the next fetch may be told the same
  }

  /** Ends the assignment of a partition that ended before its position, and begins another one. */
  function replace({ partition, topicEpoch }: Claim, committed: Committed, earliest: bigint, lostTail: LostTail): void {
    const fields = { ...where, partition, position: `${lostTail.position}`, end: `${lostTail.end}` };
    logger.error(fields, 'the partition ended before its position: it is assigned anew, and read from its start');
    claims.delete(partition);
    guarded(() => handlers.onRevoked(partition));
    if (!stopping.signal.aborted && topicEpoch !== null) {
      void place(claimAnew(partition, topicEpoch), { topicEpoch, committed, earliest, lostTail });
    }
  }

  async function onUnreadable(claim: Claim, range: Pick<UnreadableRange, 'first' | 'last' | 'error'>): Promise<void> {
    const { partition, epoch: assignmentEpoch } = claim;
    if (!handlers.onUnreadable) {
      fail(range.error);
      return;
    }
    try {
      const next = await handlers.onUnreadable({ partition, assignmentEpoch, ...range });
      if (next !== null && isCurrent(claim)) {
        claim.position = next;
        fetcher.wake();
      }
    } catch (failure) {
      fail(failure);
    }
  }

  async function onOtherTopic(): Promise<void> {
    try {
      await reassignIfTopicChanged();
    } catch (error) {
      logger.warn({ ...where, err: error }, 'topic id not known');
    }
  }

  let asking: Promise<string> | undefined;

  /** True when the assignments were made under another topic of the same name: they are then given up for new ones. */
  async function reassignIfTopicChanged(): Promise<boolean> {
    asking ??= queries.epoch().finally(() => {
      asking = undefined;
    });
    const topicEpoch = await asking;
    const changed = [...claims.values()].some((claim) => claim.topicEpoch !== null && claim.topicEpoch !== topicEpoch);
    if (changed) {
      logger.warn(where, 'the topic was deleted and made again: its partitions are assigned anew');
      membership.rejoin(); // it may have other partitions now
    }
    return changed;
  }

  const committer = createCommitter<Claim>({
    isCurrent,
    // Asked at each commit: an offset of the topic of before must not be kept for the one made in its place.
    confirm: async () => !(await reassignIfTopicChanged()),
    store: (commits) =>
      membership.commit(
        commits.map(({ claim, offset, metadata }) => ({ partition: claim.partition, offset, metadata })),
      ),
  });

  async function commit(
    partition: number,
    assignmentEpoch: number,
    offset: bigint,
    metadata: string,
  ): Promise<boolean> {
    refuseLongMetadata(metadata);
    const claim = claims.get(partition);
    return claim?.epoch === assignmentEpoch && committer.commit(claim, offset, metadata);
  }

  function setPaused(partition: number, paused: boolean): void {
    const claim = claims.get(partition);
    if (claim) {
      claim.paused = paused;
      fetcher.wake();
    }
  }

  try {
    await queries.epoch(); // an unknown topic is told now
    await fetches.refresh();
    await membership.start();
  } catch (error) {
    await end();
    throw asLogError(error);
  }

  return {
    pause: (partition) => setPaused(partition, true),
    resume: (partition) => setPaused(partition, false),
    commit,
    stop: end,
    [Symbol.asyncDispose]: end,
  };
}
