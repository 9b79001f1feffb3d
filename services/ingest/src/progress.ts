import type { Control } from '@cartledger/control';
import type { EventLog, PartitionLag } from '@cartledger/event-log';
import { createEndMarks } from './end-marks.ts';
import type { IngestMetrics } from './metrics.ts';
import { wordOf } from './partition-word.ts';
import type { PartitionWorker } from './partition-worker.ts';
import type { AssignedPartition } from './readiness.ts';
import type { Standstill } from './standstill.ts';
import type { TailProbe } from './tail-probe.ts';

export type ProgressDeps = {
  log: Pick<EventLog, 'offsets' | 'topicEpoch'>;
  positions: Pick<Control['positions'], 'report' | 'keepOnly'>;
  tailProbe: TailProbe;
  standstill: Standstill;
  /** Those that this worker has: what they do is told to whoever asks any worker. */
  partitions: () => readonly AssignedPartition[];
  metrics: IngestMetrics;
  now: () => number;
};

/** A report of a worker that has not noticed a topic made anew may bring a row back that was removed. */
const KEEP_EVERY_MS = 60_000;

/** A fetch takes less; then it is worth a look whether there is anything to fetch. */
const PROBE_AFTER_MS = 2_000;

/**
 * Tells control how far the log has been taken in, so that reports can say as of when they stand, also while
 * nothing comes in. Answers the partitions that stand still although they should not.
 *
 * Everything appended before `taken_in_up_to` is in the store (see end-marks.ts). Every partition of the topic has a
 * row, 0 until somebody has taken it in: one that nobody reads yet holds `as_of` back instead of being overlooked.
 */
export const createProgress = (
  { log, positions, tailProbe, standstill, partitions, metrics, now }: ProgressDeps,
  { topic, stallMs }: { topic: string; stallMs: number },
) => {
  const endMarks = createEndMarks();
  let known = { topicEpoch: '', partitions: 0 };
  let keptAt = Number.NEGATIVE_INFINITY;

  return async (workers: ReadonlyMap<number, PartitionWorker>): Promise<number[]> => {
    const asOf = now();
    // Asked before the ends: only a log that was cut off ends before them.
    const before = new Map([...workers].map(([partition, { progress }]) => [partition, progress.position]));
    const lags = new Map((await log.offsets(topic)).map((lag) => [lag.partition, lag]));
    const topicEpoch = await log.topicEpoch(topic);
    const isKnown = topicEpoch === known.topicEpoch && lags.size === known.partitions;
    if (!isKnown || asOf - keptAt >= KEEP_EVERY_MS) {
      // Rows of partitions that are no more would hold as_of back for ever.
      await positions.keepOnly(topic, [...lags.keys()]);
      if (topicEpoch !== known.topicEpoch) endMarks.clear();
      known = { topicEpoch, partitions: lags.size };
      keptAt = asOf;
    }
    const rows = new Map<number, Parameters<typeof positions.report>[0][number]>();
    const words = new Map(partitions().map((one) => [one.partition, one]));
    const stalled: number[] = [];
    /** Whoever has lost the partition since has nothing to say of it: its next owner may have set it back. */
    const isOurs = (partition: number, worker: PartitionWorker): boolean => workers.get(partition) === worker;
    const looked = new Map<number, PartitionWorker>();

    const note = (partition: number, position: bigint, taken_in_up_to: number): void => {
      const own = words.get(partition);
      const told = own === undefined ? null : { worker: own.worker, at: asOf, word: wordOf(own) };
      rows.set(partition, { topic, partition, position, taken_in_up_to, told });
    };
    const look = async (partition: number, worker: PartitionWorker, { earliest, end }: PartitionLag): Promise<void> => {
      const { position, busy, stuck = false } = worker.progress;
      const at = position === 'earliest' ? earliest : position;
      const reached = at >= end && !(position === 'earliest' && busy);
      const stillMs = standstill.of(partition, { position, hasData: at < end, busy: busy || stuck });
      const caughtUp = reached || (stillMs >= PROBE_AFTER_MS && (await tailProbe.isEmpty(partition, at, end)));
      if (!isOurs(partition, worker)) return;
      if (stillMs >= stallMs && !caughtUp) stalled.push(partition);
      // Before the first batch is in, what is in hand may be removed from the log, and its start move past it.
      const uncertain = position === 'earliest' && !caughtUp;
      const takenInUpTo = uncertain ? null : endMarks.note(partition, { at: asOf, end }, caughtUp ? end : at);
      const labels = { partition: String(partition) };
      metrics.position.set(labels, Number(at));
      metrics.lag.set(labels, caughtUp ? 0 : Number(end - at));
      // Where retention has passed the position the share would be negative.
      const share = Math.max(0, Number(at - earliest)) / Math.max(1, Number(end - earliest));
      metrics.headroom.set(labels, caughtUp ? 1 : share);
      if (takenInUpTo === null) return;
      metrics.takenInUpTo.set(labels, takenInUpTo / 1000);
      note(partition, at, takenInUpTo);
      looked.set(partition, worker);
    };

    for (const partition of lags.keys()) note(partition, 0n, 0);
    for (const [partition, worker] of workers) {
      const lag = lags.get(partition);
      if (worker.topicEpoch !== topicEpoch) {
        // Made again under us: positions of its earlier life say nothing about it. Committing lets the log notice.
        await worker.commitAgain();
      } else if (lag !== undefined) {
        // Nothing may come for days that would commit it: the group would look behind, and retention like a loss.
        if (worker.progress.owesCommit && !worker.progress.busy) await worker.commitAgain();
        if (!isOurs(partition, worker)) continue;
        const stood = before.get(partition);
        // Cut off: nothing of it is known until it is assigned anew, and what its gauges say is of before.
        if (typeof stood === 'bigint' && stood > lag.end) metrics.forgetPartition(partition);
        else await look(partition, worker, lag);
      }
    }
    for (const [partition, worker] of looked) if (!isOurs(partition, worker)) rows.delete(partition);
    await positions.report([...rows.values()]);
    return stalled;
  };
};
