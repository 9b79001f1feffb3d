import type { Control } from '@cartledger/control';
import type { EventLog, PartitionLag } from '@cartledger/event-log';
import { createEndMarks } from './end-marks.ts';
import type { IngestMetrics } from './metrics.ts';
import type { PartitionWorker } from './partition-worker.ts';
import type { Standstill } from './standstill.ts';
import type { TailProbe } from './tail-probe.ts';

export type ProgressDeps = {
  log: Pick<EventLog, 'offsets' | 'topicEpoch'>;
  positions: Pick<Control['positions'], 'report' | 'keepOnly'>;
  tailProbe: TailProbe;
  standstill: Standstill;
  metrics: IngestMetrics;
  now: () => number;
};

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
  { log, positions, tailProbe, standstill, metrics, now }: ProgressDeps,
  { topic, stallMs }: { topic: string; stallMs: number },
) => {
  const endMarks = createEndMarks();
  let known = { topicEpoch: '', partitions: 0 };

  return async (workers: ReadonlyMap<number, PartitionWorker>): Promise<number[]> => {
    const asOf = now();
    const lags = new Map((await log.offsets(topic)).map((lag) => [lag.partition, lag]));
    const topicEpoch = await log.topicEpoch(topic);
    if (topicEpoch !== known.topicEpoch || lags.size !== known.partitions) {
      // Rows of partitions that are no more would hold as_of back for ever.
      await positions.keepOnly(topic, [...lags.keys()]);
      if (topicEpoch !== known.topicEpoch) endMarks.clear();
      known = { topicEpoch, partitions: lags.size };
    }
    const rows: Parameters<typeof positions.report>[0][number][] = [];
    const stalled: number[] = [];

    const look = async (partition: number, worker: PartitionWorker, { earliest, end }: PartitionLag): Promise<void> => {
      const { position, busy, stuck = false } = worker.progress;
      const at = position === 'earliest' ? earliest : position;
      const reached = at >= end && !(position === 'earliest' && busy);
      const stillMs = standstill.of(partition, { position, hasData: at < end, busy: busy || stuck });
      const caughtUp = reached || (stillMs >= PROBE_AFTER_MS && (await tailProbe.isEmpty(partition, at, end)));
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
      rows.push({ topic, partition, position: at, taken_in_up_to: takenInUpTo });
    };

    for (const partition of lags.keys()) rows.push({ topic, partition, position: 0n, taken_in_up_to: 0 });
    for (const [partition, worker] of workers) {
      const lag = lags.get(partition);
      if (worker.topicEpoch !== topicEpoch) {
        // Made again under us: positions of its earlier life say nothing about it. Committing lets the log notice.
        await worker.commitAgain();
      } else if (lag !== undefined) {
        // Nothing may come for days that would commit it: the group would look behind, and retention like a loss.
        if (worker.progress.owesCommit && !worker.progress.busy) await worker.commitAgain();
        await look(partition, worker, lag);
      }
    }
    await positions.report(rows);
    return stalled;
  };
};
