import type { ClickHouse } from '@cartledger/clickhouse';
import type { Assignment, EventLog } from '@cartledger/event-log';
import type { Hasher } from '@cartledger/events';
import type { Logger } from '@cartledger/service';
import { type BatchGuard, createBatchGuard } from './batch-guard.ts';
import { createBatchSteps } from './batch-steps.ts';
import type { IngestConfig } from './config.ts';
import { createDeadLetters } from './dead-letters.ts';
import { createDesks } from './desks.ts';
import type { Erased } from './erased.ts';
import { createErasedRecords } from './erased-records.ts';
import type { Inflight } from './inflight.ts';
import type { IngestMetrics } from './metrics.ts';
import { createPartitionWorker, type PartitionWorker } from './partition-worker.ts';
import { encodeMetadata } from './position.ts';
import type { Quarantine } from './quarantine.ts';
import { createQuarantineGate } from './quarantine-gate.ts';
import type { StoreDirectory } from './store-directory.ts';
import { createTakeIn } from './take-in.ts';
import { createTally } from './tally.ts';
import { sameTopic } from './topic-life.ts';
import { createUndecodable } from './undecodable.ts';
import { createUntold } from './untold.ts';
import type { Waiting } from './waiting.ts';
import { createWriter } from './writer.ts';

type WorkerDeps = {
  log: EventLog;
  clickhouse: Pick<ClickHouse, 'insertNative' | 'query'>;
  stores: StoreDirectory;
  quarantine: Quarantine;
  erased: Erased;
  inflight: Inflight;
  waiting: Waiting;
  hasher: Promise<Hasher>;
  /** Nothing is asked of the store before. */
  serverChecked: Promise<void>;
  /** Ends with the process's work, not with an assignment. */
  life: AbortSignal;
  backoffMs: (attempt: number) => number;
  newBatchId: () => string;
  /** Whether a partition of ours is fetched. */
  valve: { pause(partition: number): void; resume(partition: number): void };
  commit: (assignment: Assignment, offset: bigint, metadata: string) => Promise<boolean>;
  metrics: IngestMetrics;
  logger: Logger;
  now: () => number;
  onFatal: (error: unknown) => void;
};

/** Batches whose rows may be without touches, in the measure of full ones: compaction leaves offsets without records. */
const BATCHES_IN_REACH = 5;

/** Puts together what one assignment of a partition needs. */
export const createWorkerFactory = (
  deps: WorkerDeps,
  config: Pick<IngestConfig, 'topic' | 'deadLettersTopic' | 'batch' | 'tombstones'>,
) => {
  /** Shared by all partitions. */
  const desks = deps.hasher.then((hasher) => createDesks({ stores: deps.stores, hasher }));

  return (
    assignment: Assignment,
    start: bigint | 'earliest',
  ): { worker: PartitionWorker; guard: Pick<BatchGuard, 'state'> } => {
    const { log, clickhouse, stores, quarantine, erased, hasher, serverChecked, life } = deps;
    const { backoffMs, newBatchId, valve, commit, metrics, now, onFatal } = deps;
    const { partition, assignmentEpoch, topicEpoch } = assignment;
    const waiting = deps.waiting.of(partition);
    const logger = deps.logger.child({ partition });
    const share = deps.inflight.open({ pause: () => valve.pause(partition), resume: () => valve.resume(partition) });
    const gate = createQuarantineGate({ quarantine, stores, now }, topicEpoch);
    const deadLetters = createDeadLetters(
      { log, metrics, waiting, backoffMs },
      { topic: config.deadLettersTopic, eventsTopic: config.topic },
    );

    /** A batch that is begun anew is of another run, so that what was counted of it stands for nothing. */
    const newRun = (readFrom?: bigint) => {
      const tally = createTally(
        { clickhouse, metrics, waiting, backoffMs, now },
        { topicEpoch, partition, serverChecked, life, readFrom },
      );
      const takeInBatch = Promise.all([hasher, desks]).then(([ready, shared]) =>
        createBatchSteps({
          takeIn: gate.guard(createTakeIn({ stores, now })),
          isGuarded: gate.touches,
          now,
          stores,
          deadLetters,
          writer: createWriter({ clickhouse, hasher: ready, metrics, waiting, backoffMs, life }),
          tally,
          desks: shared,
          erased: createErasedRecords({ erased, hasher: ready }, config.tombstones),
          newBatchId,
          metrics,
          waiting,
          backoffMs,
        }),
      );
      return { tally, takeInBatch };
    };
    let run = newRun(start === 'earliest' ? 0n : start);

    const where = { partition, topicEpoch };
    const untold = createUntold(
      { clickhouse, waiting, backoffMs, newBatchId },
      { topicEpoch, partition, start, reach: BATCHES_IN_REACH * config.batch.maxRows, serverChecked, life },
    );
    const guard = createBatchGuard(
      { quarantine, erased, waiting, backoffMs, now, logger, onBlocked: share.block },
      where,
    );
    const undecodable = createUndecodable({ quarantine, waiting, backoffMs, now, logger }, where);
    const metadata = encodeMetadata(topicEpoch);
    const worker = createPartitionWorker(
      {
        takeInBatch: async (batch, epoch, signal) => {
          await serverChecked;
          await untold.told();
          signal.throwIfAborted();
          await sameTopic({ log, waiting, backoffMs }, { topic: config.topic, topicEpoch }, signal);
          let attempts = 0;
          await guard.through(batch, signal, async (attemptSignal) => {
            attempts += 1;
            if (attempts > 1) run = newRun();
            await (await run.takeInBatch)(batch, epoch, attemptSignal);
          });
        },
        commit: (offset) => commit(assignment, offset, metadata),
        setAside: async (range, signal) => {
          await untold.told();
          await undecodable.setAside(range, signal);
        },
        onGap: untold.gap,
        onCommit: (sure) => run.tally.committed(sure),
        share,
        metrics,
        logger,
        now,
        onFatal,
      },
      { partition, assignmentEpoch, topicEpoch, start, bounds: config.batch },
    );
    return {
      worker,
      guard: {
        get state() {
          return undecodable.state ?? guard.state;
        },
      },
    };
  };
};
