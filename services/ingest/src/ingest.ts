import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClickHouse, ClickHouseError } from '@cartledger/clickhouse';
import type { Control } from '@cartledger/control';
import { DEAD_LETTERS_RETENTION, type EventLog, type LogConsumer } from '@cartledger/event-log';
import { createHasher } from '@cartledger/events';
import { backoff, type Health, type Logger, type Metrics } from '@cartledger/service';
import { createAssignments } from './assignments.ts';
import { createBatchSteps } from './batch-steps.ts';
import { DEFAULT_CONFIG, type IngestConfig } from './config.ts';
import { createDeadLetters } from './dead-letters.ts';
import { createInflight } from './inflight.ts';
import { createIngestMetrics } from './metrics.ts';
import { createPartitionWorker } from './partition-worker.ts';
import { encodeMetadata } from './position.ts';
import { createProgress } from './progress.ts';
import { retry } from './retry.ts';
import { createStandstill } from './standstill.ts';
import { createStoreDirectory } from './store-directory.ts';
import { createTailProbe } from './tail-probe.ts';
import { createTakeIn } from './take-in.ts';
import { createTally } from './tally.ts';
import { createWaiting } from './waiting.ts';
import { createWriter } from './writer.ts';

export type IngestDeps = {
  log: EventLog;
  clickhouse: Pick<ClickHouse, 'insertNative' | 'query' | 'checkServer' | 'ping'>;
  control: { stores: Pick<Control['stores'], 'list'>; positions: Pick<Control['positions'], 'report' | 'keepOnly'> };
  logger: Logger;
  metrics: Metrics;
  /** Gets the check `ingest`. */
  health?: Health;
  now: () => number;
  newBatchId?: () => string;
  random?: () => number;
  /** Told of a failure that only a new start mends; ingest has stopped then. */
  onFatal?: (error: unknown) => void;
};

type IngestState = 'new' | 'starting' | 'running' | 'stopping' | 'stopped' | 'failed';
export type IngestReadiness = { ready: boolean; state: IngestState; reason: string | null };

export type Ingest = {
  /** Ready when it is running and has not been waiting for a store for more than a moment. */
  readiness(): IngestReadiness;
  /** Resolves when the log is being read. A store that is down is waited for afterwards; a log that is down throws. */
  start(): Promise<void>;
  /** Finishes the batches in hand, within a bound; what is not finished is taken in by the next start. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** A shorter wait is a hiccup. */
const TOLERATED_WAIT_MS = 2_000;

/** The event log into ClickHouse: see batch-steps.ts for the order that makes repeating harmless. */
export const createIngest = (deps: IngestDeps, overrides: Partial<IngestConfig> = {}): Ingest => {
  const { log, clickhouse, control, now, newBatchId = randomUUID, random = Math.random } = deps;
  const config = { ...DEFAULT_CONFIG, ...overrides };
  const { topic, groupId } = config;
  const logger = deps.logger.child({ component: 'ingest', topic });
  const metrics = createIngestMetrics(deps.metrics);
  const backoffMs = backoff({ ...config.backoff, random });
  const life = new AbortController();
  let state: IngestState = 'new';
  let consumer: LogConsumer | null = null;
  let ticking: Promise<void> = Promise.resolve();
  let stopped: Promise<void> | null = null;

  const fail = (error: unknown): void => {
    if (stopped !== null) return;
    state = 'failed';
    logger.fatal({ err: error }, 'ingest cannot go on');
    // Leaves the group, so that another instance gets the partitions.
    stopped = leave().catch((reason: unknown) => logger.error({ err: reason }, 'could not leave the group'));
    deps.onFatal?.(error);
  };

  const waiting = createWaiting({ now, logger, metrics });
  const stores = createStoreDirectory({ stores: control.stores, now }, config.stores);
  const deadLetters = createDeadLetters(
    { log, metrics, waiting, backoffMs },
    { topic: config.deadLettersTopic, eventsTopic: topic },
  );
  const inflight = createInflight(
    { maxBytes: config.maxBytesInFlight },
    { onFull: () => assignments.pauseAll(consumer), onRoom: () => assignments.resumeAll(consumer) },
  );
  const hasher = createHasher();
  /** Settled once the store has shown that it keeps our settings; nothing is written before. */
  const serverChecked = Promise.withResolvers<void>();

  const assignments = createAssignments({
    inflight,
    metrics,
    logger,
    onFatal: fail,
    makeWorker: ({ partition, assignmentEpoch, topicEpoch }, start) => {
      const child = logger.child({ partition });
      const tally = createTally(
        { clickhouse, metrics, waiting, backoffMs, now },
        { topicEpoch, partition, serverChecked: serverChecked.promise, life: life.signal },
      );
      const takeInBatch = hasher.then((ready) =>
        createBatchSteps({
          takeIn: createTakeIn({ stores, now }),
          stores,
          deadLetters,
          writer: createWriter({ clickhouse, hasher: ready, metrics, waiting, backoffMs }),
          tally,
          hasher: ready,
          newBatchId,
          metrics,
          waiting,
          backoffMs,
        }),
      );
      const metadata = encodeMetadata(topicEpoch);
      return createPartitionWorker(
        {
          takeInBatch: async (batch, epoch, signal) => {
            await serverChecked.promise;
            signal.throwIfAborted();
            await (await takeInBatch)(batch, epoch, signal);
          },
          commit: async (offset) => (await consumer?.commit(partition, assignmentEpoch, offset, metadata)) ?? false,
          onCommit: tally.committed,
          inflight,
          metrics,
          logger: child,
          now,
          onFatal: fail,
        },
        { partition, assignmentEpoch, topicEpoch, start, bounds: config.batch },
      );
    },
  });

  const standstill = createStandstill({ now });
  const reportProgress = createProgress(
    { log, positions: control.positions, tailProbe: createTailProbe({ log, topic }), standstill, metrics, now },
    { topic, stallMs: config.stallMs },
  );

  const consume = async (): Promise<void> => {
    consumer = await log.consume({ topic, groupId, handlers: assignments.handlers });
  };

  const restartConsumer = async (partitions: readonly number[]): Promise<void> => {
    // A store that does not answer explains a standstill: then it is not the consumer's.
    if (!(await clickhouse.ping())) return;
    logger.error({ partitions }, 'partitions stand still with data before them: starting the consumer anew');
    metrics.restarts.inc();
    assignments.stopAll();
    const old = consumer;
    consumer = null;
    await old?.stop();
    standstill.reset();
    await consume();
  };

  const tick = async (): Promise<void> => {
    metrics.bytesInFlight.set(inflight.bytes);
    try {
      // Left without one by a restart that failed.
      if (consumer === null) await consume();
      await stores.refreshIfStale();
      const stalled = await reportProgress(assignments.workers);
      if (stalled.length > 0) await restartConsumer(stalled);
    } catch (error) {
      // The next tick tries again; as_of stands still meanwhile, which is true.
      logger.warn({ err: error }, 'could not report progress');
    }
  };

  const tickForever = async (): Promise<void> => {
    while (!life.signal.aborted) {
      await tick();
      await sleep(config.progressMs, undefined, { signal: life.signal }).catch(() => {}); // aborted: the loop ends
    }
  };

  const checkServer = async (): Promise<void> => {
    const unsuitable = (error: unknown) => error instanceof ClickHouseError && error.code === 'unsuitable_server';
    try {
      const { version } = await waiting.during('server_check', (onFailure) =>
        retry(() => clickhouse.checkServer(), { backoffMs, signal: life.signal, isFinal: unsuitable, onFailure }),
      );
      logger.info({ version }, 'ClickHouse keeps the pinned settings');
      serverChecked.resolve();
    } catch (error) {
      serverChecked.reject(error);
      fail(error);
    }
  };

  const start = async (): Promise<void> => {
    if (state !== 'new') throw new Error(`ingest was started before: it is ${state}`);
    state = 'starting';
    // A rejection is handled where batches await it; there may be none.
    serverChecked.promise.catch(() => {});
    await log.ensureTopic(topic, { partitions: config.partitions });
    await log.ensureTopic(config.deadLettersTopic, {
      partitions: config.partitions,
      retention: DEAD_LETTERS_RETENTION,
    });
    await consume();
    state = 'running';
    ticking = Promise.all([checkServer(), tickForever()]).then(() => {});
  };

  const leave = async (): Promise<void> => {
    life.abort(new Error('ingest is stopping'));
    assignments.stopAll();
    await ticking;
    await consumer?.stop();
  };

  const drainAndLeave = async (): Promise<void> => {
    state = 'stopping';
    const drained = Promise.all([...assignments.workers.values()].map((worker) => worker.drain()));
    const bound = new AbortController();
    await Promise.race([drained, sleep(config.stopGraceMs, undefined, { signal: bound.signal })]);
    bound.abort();
    await leave();
    state = 'stopped';
  };

  const stop = (): Promise<void> => {
    stopped ??= drainAndLeave();
    return stopped;
  };

  const readiness = (): IngestReadiness => {
    if (state !== 'running') return { ready: false, state, reason: `ingest is ${state}` };
    const wait = waiting.longest();
    if (wait === null || now() - wait.since < TOLERATED_WAIT_MS) return { ready: true, state, reason: null };
    const seconds = Math.round((now() - wait.since) / 1000);
    return { ready: false, state, reason: `waiting for ${wait.step} for ${seconds} s: ${wait.code}` };
  };
  deps.health?.check('ingest', () => readiness().reason ?? true);

  return { readiness, start, stop, [Symbol.asyncDispose]: stop };
};
