import type { Control } from '@cartledger/control';
import type { Assignment, ConsumerHandlers } from '@cartledger/event-log';
import type { Logger } from '@cartledger/service';
import type { IngestMetrics } from './metrics.ts';
import type { PartitionWorker } from './partition-worker.ts';
import { encodeMetadata } from './position.ts';
import { retry } from './retry.ts';
import type { Waiting } from './waiting.ts';

type LossesDeps = {
  positions: Pick<Control['positions'], 'list'>;
  workers: ReadonlyMap<number, PartitionWorker>;
  waiting: Waiting;
  metrics: IngestMetrics;
  logger: Logger;
  backoffMs: (attempt: number) => number;
  /** Ends with the process's work. */
  life: AbortSignal;
};

/** Above every offset. */
const NO_END = 2n ** 64n - 1n;

/**
 * Handlers that see, when a partition is assigned, what the log has lost of it. Two losses leave the commit without a
 * word about them:
 * - the log ended before what was committed or read. What it has now is read from its start, and that start is
 *   committed before anything else: once the log has grown past the old commit, nobody could see it any more.
 * - the commit itself is gone, and retention has passed where it was: as far as the control store knows, that was the
 *   position reported last. Whether that was of this life of the topic is not asked: what retention took of a topic
 *   that nobody has committed anything of was not read either.
 */
export const seeingLosses = (
  handlers: ConsumerHandlers,
  { positions, workers, waiting, metrics, logger, backoffMs, life }: LossesDeps,
  { topic }: { topic: string },
): ConsumerHandlers & {
  /** What the owner gives up is never revoked: who still waits for an answer must not take it for his. */
  forgetAll(): void;
} => {
  /** By identity: epochs begin anew with each consumer. */
  const current = new Map<number, Assignment>();

  /** The position that was reported last; null: none, or nothing was ever taken in up to any end of the partition. */
  const reached = async (partition: number): Promise<bigint | null> => {
    const rows = await waiting
      .of(partition)
      .during('positions', (onFailure) =>
        retry(() => positions.list(topic), { backoffMs, signal: life, isFinal: () => false, onFailure }),
      );
    const row = rows.find((one) => one.partition === partition);
    return row === undefined || row.taken_in_up_to === 0 ? null : row.position;
  };

  const startingAt = (offset: bigint, assignment: Assignment): Assignment => ({
    ...assignment,
    committed: { offset, metadata: encodeMetadata(assignment.topicEpoch) },
  });

  const afterLostTail = async (
    assignment: Assignment,
    { position, end }: NonNullable<Assignment['lostTail']>,
  ): Promise<bigint | 'earliest'> => {
    const { partition, earliest, committed } = assignment;
    metrics.tailsLost.inc({ partition: String(partition) });
    logger.error(
      { partition, position: String(position), end: String(end), earliest: String(earliest) },
      'the log has lost the end of the partition, which had been read, and gives its offsets to other records: it is read again from its start. What senders had been promised and was not read yet is lost: run `cartledger ingest audit`, see docs/runbooks/log-shortened.md',
    );
    const start = await handlers.onAssigned(startingAt(earliest, assignment));
    const worker = workers.get(partition);
    // Rows of the records that are gone: whoever wrote them may have died before their touches, which are sure below the
    // commit only. Where the log was cut is not known, for it may have grown since.
    const sure = committed === null ? earliest : committed.offset;
    worker?.gap(sure < end ? sure : end, NO_END);
    await worker?.commitAgain();
    return start;
  };

  return {
    ...handlers,
    onAssigned: async (assignment) => {
      const { partition, committed, earliest, lostTail } = assignment;
      current.set(partition, assignment);
      if (lostTail !== undefined) return afterLostTail(assignment, lostTail);
      if (committed !== null || earliest === 0n) return handlers.onAssigned(assignment);
      const known = await reached(partition);
      // Taken away meanwhile: the answer is of no matter, and a worker must not take the place of a later one.
      if (current.get(partition) !== assignment) return 'earliest';
      return handlers.onAssigned(known !== null && known < earliest ? startingAt(known, assignment) : assignment);
    },
    onRevoked: (partition) => {
      current.delete(partition);
      handlers.onRevoked(partition);
    },
    forgetAll: () => current.clear(),
  };
};
