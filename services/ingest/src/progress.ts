import type { Control } from '@cartledger/control';
import type { EventLog, PartitionLag } from '@cartledger/event-log';
import type { IngestMetrics } from './metrics.ts';
import type { PartitionWorker } from './partition-worker.ts';
import type { Standstill } from './standstill.ts';
import type { TailProbe } from './tail-probe.ts';

export type ProgressDeps = {
  log: Pick<EventLog, 'offsets' | 'topicEpoch'>;
  positions: Pick<Control['positions'], 'report'>;
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
 * Everything appended before `taken_in_up_to` is in the store, because the time is read before the log's end: a
 * partition whose position has reached that end has everything up to that time. One that lags has what came up to
 * its last record's timestamp.
 */
export const createProgress =
  (
    { log, positions, tailProbe, standstill, metrics, now }: ProgressDeps,
    { topic, stallMs }: { topic: string; stallMs: number },
  ) =>
  async (workers: ReadonlyMap<number, PartitionWorker>): Promise<number[]> => {
    const asOf = now();
    const lags = new Map((await log.offsets(topic)).map((lag) => [lag.partition, lag]));
    const topicEpoch = await log.topicEpoch(topic);
    const rows: Parameters<typeof positions.report>[0][number][] = [];
    const stalled: number[] = [];

    const look = async (partition: number, worker: PartitionWorker, { earliest, end }: PartitionLag): Promise<void> => {
      const { position, lastTimestamp, busy } = worker.progress;
      const at = position === 'earliest' ? earliest : position;
      const reached = at >= end && !(position === 'earliest' && busy);
      const stillMs = standstill.of(partition, { position, hasData: at < end, busy });
      const caughtUp = reached || (stillMs >= PROBE_AFTER_MS && (await tailProbe.isEmpty(partition, at, end)));
      if (stillMs >= stallMs && !caughtUp) stalled.push(partition);
      const takenInUpTo = caughtUp ? asOf : lastTimestamp === null ? null : Math.min(lastTimestamp, asOf);
      metrics.lag.set({ partition: String(partition) }, caughtUp ? 0 : Number(end - at));
      if (takenInUpTo === null) return;
      metrics.takenInUpTo.set({ partition: String(partition) }, takenInUpTo / 1000);
      rows.push({ topic, partition, position: at, taken_in_up_to: takenInUpTo });
    };

    for (const [partition, worker] of workers) {
      const lag = lags.get(partition);
      if (worker.topicEpoch !== topicEpoch) {
        // Made again under us: positions of its earlier life say nothing about it. Committing lets the log notice.
        await worker.commitAgain();
      } else if (lag !== undefined) {
        await look(partition, worker, lag);
      }
    }
    await positions.report(rows);
    return stalled;
  };
