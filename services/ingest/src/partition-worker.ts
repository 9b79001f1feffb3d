import type { RecordBatch, Records, UnreadableRange } from '@cartledger/event-log';
import type { Logger } from '@cartledger/service';
import { type Batch, type BatchBounds, createBatcher, heldBytes } from './batcher.ts';
import type { Share } from './inflight.ts';
import type { IngestMetrics } from './metrics.ts';

export type PartitionWorkerDeps = {
  takeInBatch: (batch: Batch, topicEpoch: string, signal: AbortSignal) => Promise<void>;
  /** False: the assignment is no longer ours. */
  commit: (offset: bigint) => Promise<boolean>;
  /** Resolves when an operator has set the records aside; rejects by the signal. */
  setAside: (range: UnreadableRange, signal: AbortSignal) => Promise<unknown>;
  /** Retention took [from, to) before it was read. */
  onGap: (from: bigint, to: bigint) => void;
  /** Told what became of each batch's commit; `sure`: the log has acknowledged it. */
  onCommit: (sure: boolean) => void;
  /** The assignment's own. */
  share: Share;
  metrics: IngestMetrics;
  logger: Logger;
  now: () => number;
  /** A failure that neither waiting nor bisecting can help: a defect, or a log that was closed. */
  onFatal: (error: unknown) => void;
};

/** What one worker knows of how far it is. */
export type Progress = {
  /** The offset after the last record that is in the store, or where reading began. */
  position: bigint | 'earliest';
  /** Something is being taken in or waits to be. */
  busy: boolean;
  /** The position was not committed, because the log failed. */
  owesCommit: boolean;
  /** It stands before records that cannot be decoded. */
  stuck?: boolean;
};

/**
 * Takes in one partition for the time of one assignment.
 *
 * States: running (batch after batch, one at a time) -> draining (`drain`: the present batch is finished and
 * committed, what waits is dropped) or stopped (`stop`: the assignment is lost, nothing more is done or committed).
 */
export type PartitionWorker = {
  readonly assignmentEpoch: number;
  readonly topicEpoch: string;
  readonly progress: Progress;
  /** It holds its share of what may be in flight, or is blocked. */
  readonly isPaused: boolean;
  /** Takes a batch over and returns at once. */
  take(batch: RecordBatch): void;
  /**
   * Records that cannot be decoded lie behind all that was handed over: when they are set aside, and what lies before
   * them is taken in, the position moves behind them. Answers it; null when the assignment ended first.
   */
  passOver(range: UnreadableRange): Promise<bigint | null>;
  /** What the log goes on with does not follow what it gave before: retention took [from, to). */
  gap(from: bigint, to: bigint): void;
  /** Commits the position once more, where there is one; false when the log has not acknowledged it. */
  commitAgain(): Promise<boolean>;
  drain(): Promise<void>;
  stop(): void;
};

export const createPartitionWorker = (
  { takeInBatch, commit, setAside, onGap, onCommit, share, metrics, logger, now, onFatal }: PartitionWorkerDeps,
  {
    partition,
    assignmentEpoch,
    topicEpoch,
    start,
    bounds,
  }: {
    partition: number;
    assignmentEpoch: number;
    topicEpoch: string;
    start: bigint | 'earliest';
    bounds: BatchBounds;
  },
): PartitionWorker => {
  const labels = { partition: String(partition) };
  const batcher = createBatcher({ now }, bounds);
  const abort = new AbortController();
  let position = start;
  /** The next offset that is expected; what lies below it came twice. */
  let expected = start === 'earliest' ? 0n : start;
  let inHand: Batch | null = null;
  let stuck = false;
  let onIdle: () => void = () => {};
  let owesCommit = false;

  const tryCommit = async (offset: bigint): Promise<'done' | 'stale' | 'failed'> => {
    try {
      const outcome = (await commit(offset)) ? 'done' : 'stale';
      metrics.commits.inc({ outcome });
      owesCommit = false;
      return outcome;
    } catch (error) {
      // The next commit covers this one; until then a restart repeats the batch, which changes nothing.
      owesCommit = true;
      metrics.commits.inc({ outcome: 'failed' });
      logger.warn({ err: error }, 'could not commit');
      return 'failed';
    }
  };

  const run = async (): Promise<void> => {
    for (;;) {
      inHand = await batcher.next();
      if (inHand === null) return;
      const { records, bytes } = inHand;
      try {
        await takeInBatch(inHand, topicEpoch, abort.signal);
      } finally {
        share.release(bytes);
        inHand = null;
      }
      // A worker that lost its partition meanwhile has written rows that its successor writes again: no harm.
      if (abort.signal.aborted) return;
      position = records.offsetAt(-1) + 1n;
      metrics.batches.inc(labels);
      onCommit((await tryCommit(position)) === 'done');
      if (batcher.waitingRecords === 0) onIdle();
    }
  };

  let ended = false;
  const end = (): void => {
    if (ended) return;
    ended = true;
    batcher.close();
    share.end();
    share.release(batcher.waitingBytes);
    onIdle();
  };

  const isBusy = (): boolean => inHand !== null || batcher.waitingRecords > 0;
  const idle = (): Promise<void> =>
    new Promise((resolve) => {
      onIdle = resolve;
      if (!isBusy() || ended) resolve();
    });

  const passOver = async (range: UnreadableRange): Promise<bigint | null> => {
    stuck = true;
    try {
      await setAside(range, abort.signal);
      await idle();
    } catch (error) {
      if (!abort.signal.aborted) throw error;
    }
    if (ended) return null;
    stuck = false;
    position = expected = range.last + 1n;
    metrics.undecodable.inc(labels, Number(position - range.first));
    await tryCommit(position);
    return position;
  };

  const done = run().catch((error: unknown) => {
    if (abort.signal.aborted) return;
    end();
    onFatal(error);
  });

  /** Those that have not been handed over before. */
  const newOf = (records: Records): Records => {
    let known = 0;
    while (known < records.length && records.offsetAt(known) < expected) known += 1;
    return known === 0 ? records : records.slice(known, records.length);
  };

  return {
    assignmentEpoch,
    topicEpoch,
    get progress() {
      return { position, busy: isBusy(), owesCommit, stuck };
    },
    get isPaused() {
      return share.isPaused;
    },
    take: (batch) => {
      const isOurs = batch.assignmentEpoch === assignmentEpoch && !ended;
      const fresh = isOurs ? newOf(batch.records) : batch.records.slice(0, 0);
      const dropped = batch.records.length - fresh.length;
      if (dropped > 0) metrics.staleRecords.inc(dropped);
      if (fresh.length === 0) return;
      expected = fresh.offsetAt(-1) + 1n;
      metrics.records.inc(labels, fresh.length);
      batcher.push(fresh);
      share.add(heldBytes(fresh));
    },
    passOver,
    gap: onGap,
    commitAgain: async () => position === 'earliest' || (await tryCommit(position)) === 'done',
    drain: async () => {
      end();
      await done;
    },
    stop: () => {
      end();
      abort.abort(new Error('the partition is no longer assigned'));
    },
  };
};
