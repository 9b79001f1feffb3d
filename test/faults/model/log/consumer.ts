import {
  type Committed,
  type ConsumeOptions,
  EventLogError,
  type LogConsumer,
  type LostTail,
  packRecords,
} from '@cartledger/event-log';
import type { Process } from '../world/processes.ts';
import type { World } from '../world/scheduler.ts';
import type { Broker } from './broker.ts';
import { type Claim, createClaims } from './claims.ts';
import { createFetching, type Fetched } from './fetching.ts';
import type { Group, Groups, Member } from './groups.ts';

/** Calls of this process to the log. */
export type Asked = {
  topicEpoch(): Promise<string>;
  committed(): Promise<Group['commits']>;
  commit(member: Member, partition: number, offset: bigint, metadata: string): Promise<boolean>;
  leave(member: Member): Promise<void>;
};

const RETRY_MS = 500;
const TOPIC_CHECK_MS = 30_000;
const MAX_METADATA_BYTES = 512;
const DEFAULT_BATCH_BYTES = 1_048_576;

/**
 * One member of a group in its process, as the driver for Kafka does it: the whole group joins anew at each change, the
 * owner is asked where to start, fetches and their handing over are steps of their own, and the topic's epoch is
 * looked at before each commit, every 30 s, and when a position is out of range.
 */
export const createConsumer = (
  world: World,
  {
    broker,
    groups,
    process: owner,
    ask,
    nextEpoch,
  }: {
    broker: Broker;
    groups: Groups;
    process: Process;
    ask: Asked;
    nextEpoch: () => number;
  },
  { topic, groupId, handlers, maxBatchBytes = DEFAULT_BATCH_BYTES }: ConsumeOptions,
): LogConsumer => {
  const claims = createClaims(nextEpoch);
  let member: Member | null = null;
  const step = (label: string, ms: number, run: () => void): void => {
    world.add({ kind: 'deliver', label, owner, at: world.clock.now() + ms, run });
  };

  const leave = async (): Promise<void> => {
    if (member !== null) await ask.leave(member);
  };
  const fail = (error: unknown): void => {
    if (claims.isClosed) return;
    claims.close();
    leave().catch(() => {}); // nothing of it is handed over any more either way
    handlers.onFatal(error instanceof Error ? error : new Error(String(error)));
  };
  const guarded = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      fail(error);
    }
  };

  const revokeAll = (): void => {
    for (const partition of claims.clear()) guarded(() => handlers.onRevoked(partition));
  };

  const join = (): void => {
    member = groups.join(owner, topic, groupId, { onRebalance: revokeAll, onAssigned: assign });
  };

  const rejoin = (): void => {
    revokeAll();
    if (member !== null) groups.leave(member);
    if (!claims.isClosed) join();
  };

  const assign = (partitions: readonly number[]): void => {
    revokeAll();
    if (claims.isClosed) return;
    begin(partitions.map(claims.claim)).catch(fail);
  };

  const wait = (ms: number): Promise<void> => new Promise((resolve) => step('rest', ms, resolve));

  const begin = async (fresh: readonly Claim[]): Promise<void> => {
    while (fresh.some(claims.isCurrent)) {
      try {
        const topicEpoch = await ask.topicEpoch();
        const committed = await ask.committed();
        for (const claim of fresh.filter(claims.isCurrent)) {
          claim.topicEpoch = topicEpoch;
          place(claim, topicEpoch, committed.get(claim.partition) ?? null).catch(fail);
        }
        return;
      } catch (error) {
        if (!(error instanceof EventLogError) || error.code === 'closed') throw error;
        await wait(RETRY_MS);
      }
    }
  };

  const place = async (claim: Claim, topicEpoch: string, committed: Committed, lostTail?: LostTail): Promise<void> => {
    const { partition, epoch: assignmentEpoch } = claim;
    const earliest = (): bigint => broker.find(topic)?.partitions[partition]?.earliest ?? 0n;
    const told = { partition, assignmentEpoch, committed, earliest: earliest(), topicEpoch };
    const start = await handlers.onAssigned({ ...told, ...(lostTail && { lostTail }) });
    if (!claims.isCurrent(claim)) return;
    fetching.releaseStale(partition);
    if (lostTail !== undefined) claim.position = told.earliest;
    else claim.position = start === 'earliest' ? earliest() : start;
    fetching.wake();
  };

  const tell = ({ claim: { partition, epoch: assignmentEpoch }, records, highWatermark }: Fetched): void => {
    guarded(() => handlers.onBatch({ partition, assignmentEpoch, records: packRecords(records), highWatermark }));
  };

  const onOutOfRange = async (claim: Claim): Promise<'assigned anew' | 'as before'> => {
    try {
      if ((await rejoinIfTopicChanged()) || (await replaceIfCutOff(claim))) return 'assigned anew';
    } catch (error) {
      if (!(error instanceof EventLogError)) throw error;
    }
    await wait(RETRY_MS);
    return 'as before';
  };

  /** True when the partition ends before the claim's position: that assignment is over, and another one begins. */
  const replaceIfCutOff = async (claim: Claim): Promise<boolean> => {
    const { partition, position, topicEpoch } = claim;
    const range = broker.find(topic)?.partitions[partition];
    if (!claims.isCurrent(claim) || position === null || topicEpoch === null || range === undefined) return false;
    if (position < range.earliest) return false;
    const committed = (await ask.committed()).get(partition) ?? null;
    if (!claims.isCurrent(claim)) return true;
    guarded(() => handlers.onRevoked(partition));
    if (claims.isClosed) return true;
    const fresh = claims.claim(partition);
    fresh.topicEpoch = topicEpoch;
    place(fresh, topicEpoch, committed, { position, end: range.end }).catch(fail);
    return true;
  };

  /** True when the assignments were made under another topic of the same name: they are then given up for new ones. */
  const rejoinIfTopicChanged = async (): Promise<boolean> => {
    const topicEpoch = await ask.topicEpoch();
    const changed = claims.all().some((claim) => claim.topicEpoch !== null && claim.topicEpoch !== topicEpoch);
    if (changed) rejoin();
    return changed;
  };

  const checkTopic = (): void => {
    if (claims.isClosed) return;
    if (claims.all().length > 0) {
      rejoinIfTopicChanged().catch((error: unknown) => {
        if (!(error instanceof EventLogError)) throw error;
      });
    }
    step('look at the topic', TOPIC_CHECK_MS, checkTopic);
  };

  const fetching = createFetching(
    world,
    {
      broker,
      owner,
      claims,
      step,
      tell,
      onGap: (partition, from, to) => guarded(() => handlers.onGap(partition, from, to)),
      onOutOfRange,
    },
    { topic, maxBatchBytes },
  );

  let committing: Promise<unknown> = Promise.resolve();
  const commit = async (
    partition: number,
    assignmentEpoch: number,
    offset: bigint,
    metadata: string,
  ): Promise<boolean> => {
    if (Buffer.byteLength(metadata) > MAX_METADATA_BYTES) {
      throw new EventLogError('too_large', 'the model log takes no longer metadata', { retriable: false });
    }
    const claim = claims.get(partition);
    if (claim === undefined || claim.epoch !== assignmentEpoch) return false;
    const store = async (): Promise<boolean> => {
      if ((await rejoinIfTopicChanged()) || !claims.isCurrent(claim) || member === null) return false;
      return await ask.commit(member, partition, offset, metadata);
    };
    // One request after the other: one that is tried again cannot end up behind a later one.
    const stored = committing.then(store);
    committing = stored.catch(() => {});
    return await stored;
  };

  const setPaused = (partition: number, paused: boolean): void => {
    const claim = claims.get(partition);
    if (claim === undefined) return;
    claim.paused = paused;
    fetching.wake();
  };

  const stop = async (): Promise<void> => {
    if (claims.isClosed) return;
    claims.close();
    // One that nobody answers is out for its silence.
    await leave().catch(() => {});
  };

  broker.onChange((changed) => {
    if (changed === topic && owner.state !== 'dead') fetching.wake();
  });
  step(`join ${groupId}`, 0, () => {
    if (!claims.isClosed) join();
  });
  step('look at the topic', TOPIC_CHECK_MS, checkTopic);
  return {
    pause: (partition) => setPaused(partition, true),
    resume: (partition) => setPaused(partition, false),
    commit,
    stop,
    [Symbol.asyncDispose]: stop,
  };
};
