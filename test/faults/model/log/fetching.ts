import type { LogRecord } from '@cartledger/event-log';
import type { Process } from '../world/processes.ts';
import type { World } from '../world/scheduler.ts';
import type { Broker } from './broker.ts';
import type { Claim, Claims } from './claims.ts';

/** Records on their way from the broker to the owner of a claim. */
export type Fetched = { claim: Claim; from: bigint; records: readonly LogRecord[]; highWatermark: bigint };

export type Fetching = {
  /** Fetches wait at the broker until there is something to say: asks of every claim whether there is. */
  wake(): void;
  /** Before the first batch of a claim is fetched: what assignments that are over had fetched may come now. */
  releaseStale(partition: number): void;
};

const RETRY_MS = 500;
/** Records of one fetch: as many as there are, or few. */
const FETCHED = [1_000, 1, 2, 3, 5, 8, 13, 21] as const;
const HAND_OVER_MS = [0, 50, 2_000, 12_000] as const;

/** Fetches of one consumer: a fetch and the handing over of what it brings are steps of their own. */
export const createFetching = (
  world: World,
  {
    broker,
    owner,
    claims,
    step,
    tell,
    onGap,
    onOutOfRange,
  }: {
    broker: Broker;
    owner: Process;
    claims: Claims;
    step: (label: string, ms: number, run: () => void) => void;
    tell: (batch: Fetched) => void;
    onGap: (partition: number, from: bigint, to: bigint) => void;
    /** A position that the topic does not have; the claim is fetched for again when this is through. */
    onOutOfRange: (claim: Claim) => Promise<'assigned anew' | 'as before'>;
  },
  { topic, maxBatchBytes }: { topic: string; maxBatchBytes: number },
): Fetching => {
  const { profile, clock } = world;
  /** On their way. What an assignment that is over had fetched may come before the next one's first batch. */
  const fetched = new Set<Fetched>();

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
    for (const claim of claims.all()) if (hasNews(claim)) fetchLater(claim, 0);
  };

  const fetchLater = (claim: Claim, ms: number): void => {
    claim.fetching = true;
    const label = `fetch ${claim.partition}@${claim.position}`;
    world.add({ kind: 'land', label, owner: null, at: clock.now() + ms, run: () => fetch(claim) });
  };

  const fetch = (claim: Claim): void => {
    const { position } = claim;
    claim.fetching = false;
    if (owner.state === 'dead' || !claims.isCurrent(claim) || claim.paused || position === null) return;
    if (broker.isDown()) {
      fetchLater(claim, RETRY_MS);
      return;
    }
    // By the topic's name, as Kafka's client asks: one made in its place answers too.
    const partition = broker.find(topic)?.partitions[claim.partition];
    if (partition === undefined || position > partition.end) {
      claim.fetching = true;
      step(`out of range ${claim.partition}@${position}`, 0, () => void outOfRange(claim));
      return;
    }
    const { earliest, end } = partition;
    if (position < earliest) {
      claim.fetching = true;
      step(`gap ${claim.partition}@${position}`, 0, () => gap(claim, position, earliest));
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

  const handOver = (batch: Fetched): void => {
    const { claim, from, records } = batch;
    claim.fetching = false;
    const last = records.at(-1);
    if (!fetched.delete(batch) || claims.isClosed || last === undefined) return;
    if (!claims.isCurrent(claim)) {
      if (world.pick([1_000 - profile.stale, profile.stale], 'stale batch') === 1) tell(batch);
    } else if (!claim.paused && claim.position === from) {
      claim.position = last.offset + 1n;
      tell(batch);
    }
    wake();
  };

  const gap = (claim: Claim, from: bigint, to: bigint): void => {
    claim.fetching = false;
    if (!claims.isCurrent(claim) || claim.paused || claim.position !== from) return;
    claim.position = to;
    world.count('gap told');
    onGap(claim.partition, from, to);
    wake();
  };

  const outOfRange = async (claim: Claim): Promise<void> => {
    if ((await onOutOfRange(claim)) === 'assigned anew') return;
    claim.fetching = false;
    wake();
  };

  return {
    wake,
    releaseStale: (partition) => {
      for (const late of fetched) {
        if (late.claim.partition !== partition || claims.isCurrent(late.claim)) continue;
        if (world.pick([1_000 - profile.stale, profile.stale], 'stale batch first') === 0) continue;
        fetched.delete(late);
        step(`hand over stale ${partition}@${late.records[0]?.offset}`, 0, () => {
          if (!claims.isClosed) tell(late);
        });
      }
    },
  };
};
