import type { Assignment, ConsumerHandlers, LogConsumer } from '@cartledger/event-log';
import type { Logger } from '@cartledger/service';
import type { IngestMetrics } from './metrics.ts';
import type { PartitionWorker } from './partition-worker.ts';
import { startingPoint } from './position.ts';

export type AssignmentsDeps = {
  makeWorker: (assignment: Assignment, start: bigint | 'earliest') => PartitionWorker;
  metrics: IngestMetrics;
  logger: Logger;
  onFatal: (error: unknown) => void;
};

/** The partitions that are ours now, each with its worker; answers what the log says about them. */
export type Assignments = {
  readonly workers: ReadonlyMap<number, PartitionWorker>;
  readonly handlers: ConsumerHandlers;
  /** But for those that hold their share of what may be in flight. */
  resumeAll(consumer: LogConsumer): void;
  /** Stops every worker: nothing more of them is committed. */
  stopAll(): void;
};

export const createAssignments = ({ makeWorker, metrics, logger, onFatal }: AssignmentsDeps): Assignments => {
  const workers = new Map<number, PartitionWorker>();

  const forget = (partition: number): void => {
    workers.get(partition)?.stop();
    workers.delete(partition);
  };

  const handlers: ConsumerHandlers = {
    onAssigned: async (assignment) => {
      const { partition, committed, topicEpoch } = assignment;
      forget(partition);
      const start = startingPoint(committed, topicEpoch);
      if (start === 'earliest' && committed !== null) {
        logger.warn({ partition, topicEpoch }, 'the topic was made again: reading the partition from its start');
      }
      workers.set(partition, makeWorker(assignment, start));
      metrics.assignments.inc({ change: 'assigned' });
      logger.info({ partition, start: String(start) }, 'partition assigned');
      return start;
    },
    onRevoked: (partition) => {
      forget(partition);
      metrics.assignments.inc({ change: 'revoked' });
      metrics.forgetPartition(partition);
      logger.info({ partition }, 'partition revoked');
    },
    onBatch: (batch) => {
      const worker = workers.get(batch.partition);
      // Fetched before a rebalance that took the partition away.
      if (worker === undefined) metrics.staleRecords.inc(batch.records.length);
      else worker.take(batch);
    },
    onGap: (partition, from, to) => {
      workers.get(partition)?.gap(from, to);
      metrics.lost.inc({ partition: String(partition) }, Number(to - from));
      logger.error(
        { partition, from: String(from), to: String(to) },
        'retention removed records before they were read',
      );
    },
    onUnreadable: async (range) => (await workers.get(range.partition)?.passOver(range)) ?? null,
    onFatal,
  };

  return {
    workers,
    handlers,
    resumeAll: (consumer) => {
      for (const [partition, worker] of workers) if (!worker.isPaused) consumer.resume(partition);
    },
    stopAll: () => {
      for (const partition of [...workers.keys()]) forget(partition);
    },
  };
};
