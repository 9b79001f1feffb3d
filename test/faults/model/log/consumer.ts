import {
  type ConsumeOptions,
  EventLogError,
  type LogConsumer,
  type LogRecord,
  packRecords,
} from '@cartledger/event-log';
import type { Process } from '../world/processes.ts';
import type { World } from '../world/scheduler.ts';
import type { Broker } from './broker.ts';
import type { Group, Groups, Member } from './groups.ts';

/** A partition under one assignment; its epoch counts within this process. Being replaced in the claims ends it. */
type Claim = {
  readonly partition: number;
  readonly epoch: number;
  topicEpoch: string | null;
  position: bigint | null;
  paused: boolean;
  fetching: boolean;
};

type Fetched = { claim: Claim; from: bigint; records: readonly LogRecord[]; highWatermark: bigint };

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
/** Records of one fetch: as many as there are, or few. */
const FETCHED = [1_000, 1, 2, 3, 5, 8, 13, 21] as const;
const HAND_OVER_MS = [0, 50, 2_000, 12_000] as const;

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
  const { profile, clock } = world;
  const claims = new Map<number, Claim>();
  let member: Member | null = null;
  let closed = false;
  /** On their way from the broker. What an assignment that is over had fetched may come before the next one's first batch. */
  const fetched = new Set<Fetched>();

  const isCurrent = (claim: Claim): boolean => claims.get(claim.partition) === claim && !closed;
  const step = (label: string, ms: number, run: () => void): void => {
    world.add({ kind: 'deliver', label, owner, at: clock.now() + ms, run });
  };

  const close = (): void => {
    closed = true;
    claims.clear();
  };
  const leave = async (): Promise<void> => {
    if (member !== null) await ask.leave(member);
  };
  const fail = (error: unknown): void => {
    if (closed) return;
    close();
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
    const lost = [...claims.keys()];
    claims.clear();
    for (const partition of lost) guarded(() => handlers.onRevoked(partition));
  };

  const join = (): void => {
    member = groups.join(owner, topic, groupId, { onRebalance: revokeAll, onAssigned: assign });
  };

  const rejoin = (): void => {
    revokeAll();
    if (member !== null) groups.leave(member);
    if (!closed) join();
  };

  const assign = (partitions: readonly number[]): void => {
    revokeAll();
    if (closed) return;
    const fresh = partitions.map((partition): Claim => {
      const epoch = nextEpoch();
      const claim = { partition, epoch, topicEpoch: null, position: null, paused: false, fetching: false };
      claims.set(partition, claim);
      return claim;
    });
    begin(fresh).catch(fail);
  };

  const wait = (ms: number): Promise<void> => new Promise((resolve) => step('rest', ms, resolve));

  const begin = async (fresh: readonly Claim[]): Promise<void> => {
    while (fresh.some(isCurrent)) {
      try {
        const topicEpoch = await ask.topicEpoch();
        const committed = await ask.committed();
        for (const claim of fresh.filter(isCurrent)) {
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

  const place = async (
    claim: Claim,
    topicEpoch: string,
    committed: { offset: bigint; metadata: string } | null,
  ): Promise<void> => {
    const { partition, epoch: assignmentEpoch } = claim;
    const start = await handlers.onAssigned({ partition, assignmentEpoch, committed, topicEpoch });
    if (!isCurrent(claim)) return;
    for (const late of fetched) {
      if (late.claim.partition !== partition || isCurrent(late.claim)) continue;
      if (world.pick([1_000 - profile.stale, profile.stale], 'stale batch first') === 0) continue;
      fetched.delete(late);
      step(`hand over stale ${partition}@${late.records[0]?.offset}`, 0, () => {
        if (!closed) tell(late);
      });
    }
    claim.position = start === 'earliest' ? (broker.find(topic)?.partitions[partition]?.earliest ?? 0n) : start;
    wake();
  };

  /** Fetches wait at the broker until there is something to say. */
  const hasNews = (claim: Claim): boolean => {
    const found = broker.find(topic);
    if (claim.paused || claim.position === null || claim.fetching || found === null) return false;
    const partition = found.partitions[claim.partition];
    if (partition === undefined) return true;
    const { position } = claim;
    if (position < partition.earliest || position > partition.end) return true;
    return partition.entries.some(({ record }) => record.offset >= position);
  };

  const wake = (): void => {
    for (const claim of claims.values()) if (hasNews(claim)) fetchLater(claim, 0);
  };

  const fetchLater = (claim: Claim, ms: number): void => {
    claim.fetching = true;
    const label = `fetch ${claim.partition}@${claim.position}`;
    world.add({ kind: 'land', label, owner: null, at: clock.now() + ms, run: () => fetch(claim) });
  };

  const fetch = (claim: Claim): void => {
    const { position } = claim;
    claim.fetching = false;
    if (owner.state === 'dead' || !isCurrent(claim) || claim.paused || position === null) return;
    if (broker.isDown()) {
      fetchLater(claim, RETRY_MS);
      return;
    }
    // By the topic's name, as Kafka's client asks: one made in its place answers too.
    const partition = broker.find(topic)?.partitions[claim.partition];
    if (partition === undefined || position > partition.end) {
      claim.fetching = true;
      step(`out of range ${claim.partition}@${position}`, 0, () => void onOutOfRange(claim));
      return;
    }
    const { earliest, end } = partition;
    if (position < earliest) {
      claim.fetching = true;
      step(`gap ${claim.partition}@${position}`, 0, () => onGap(claim, position, earliest));
      return;
    }
    const records = recordsFrom(
      partition.entries.map(({ record }) => record),
      position,
    );
    if (records.length === 0) return;
    claim.fetching = true;
    const { slow } = profile;
    const ms = HAND_OVER_MS[world.pick([1_000 - slow, slow, slow >> 1, slow >> 1], 'slow hand-over')] ?? 0;
    const label = `hand over ${claim.partition}@${records[0]?.offset}+${records.length}`;
    const batch: Fetched = { claim, from: position, records, highWatermark: end };
    fetched.add(batch);
    step(label, ms, () => handOver(batch));
  };

  const recordsFrom = (all: readonly LogRecord[], position: bigint): LogRecord[] => {
    const first = all.findIndex(({ offset }) => offset >= position);
    if (first === -1) return [];
    const limit = FETCHED[world.below(FETCHED.length, 'size of a fetch')] ?? 1;
    // As brokers hand over whole compressed batches, of which the first records were read before.
    const before = world.pick([1_000 - profile.overlap, profile.overlap], 'overlap') * 2;
    const records: LogRecord[] = [];
    let bytes = 0;
    for (const record of all.slice(Math.max(0, first - before))) {
      if (records.length >= limit + before || (records.length > before && bytes >= maxBatchBytes)) break;
      records.push(record);
      bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0);
    }
    return records;
  };

  const tell = ({ claim: { partition, epoch: assignmentEpoch }, records, highWatermark }: Fetched): void => {
    guarded(() => handlers.onBatch({ partition, assignmentEpoch, records: packRecords(records), highWatermark }));
  };

  const handOver = (batch: Fetched): void => {
    const { claim, from, records } = batch;
    claim.fetching = false;
    const last = records.at(-1);
    if (!fetched.delete(batch) || closed || last === undefined) return;
    if (!isCurrent(claim)) {
      if (world.pick([1_000 - profile.stale, profile.stale], 'stale batch') === 1) tell(batch);
    } else if (!claim.paused && claim.position === from) {
      claim.position = last.offset + 1n;
      tell(batch);
    }
    wake();
  };

  const onGap = (claim: Claim, from: bigint, to: bigint): void => {
    claim.fetching = false;
    if (!isCurrent(claim) || claim.paused || claim.position !== from) return;
    claim.position = to;
    world.count('gap told');
    guarded(() => handlers.onGap(claim.partition, from, to));
    wake();
  };

  const onOutOfRange = async (claim: Claim): Promise<void> => {
    try {
      if (await rejoinIfTopicChanged()) return;
    } catch (error) {
      if (!(error instanceof EventLogError)) throw error;
    }
    await wait(RETRY_MS);
    claim.fetching = false;
    wake();
  };

  /** True when the assignments were made under another topic of the same name: they are then given up for new ones. */
  const rejoinIfTopicChanged = async (): Promise<boolean> => {
    const topicEpoch = await ask.topicEpoch();
    const changed = [...claims.values()].some((claim) => claim.topicEpoch !== null && claim.topicEpoch !== topicEpoch);
    if (changed) rejoin();
    return changed;
  };

  const checkTopic = (): void => {
    if (closed) return;
    if (claims.size > 0) {
      rejoinIfTopicChanged().catch((error: unknown) => {
        if (!(error instanceof EventLogError)) throw error;
      });
    }
    step('look at the topic', TOPIC_CHECK_MS, checkTopic);
  };

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
      if ((await rejoinIfTopicChanged()) || !isCurrent(claim) || member === null) return false;
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
    wake();
  };

  const stop = async (): Promise<void> => {
    if (closed) return;
    close();
    // One that nobody answers is out for its silence.
    await leave().catch(() => {});
  };

  broker.onChange((changed) => {
    if (changed === topic && owner.state !== 'dead') wake();
  });
  step(`join ${groupId}`, 0, () => {
    if (!closed) join();
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
