import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEAD_LETTERS_RETENTION, type LogConsumer } from '@cartledger/event-log';
import { createHasher } from '@cartledger/events';
import { backoff } from '@cartledger/service';
import { createAssignments } from './assignments.ts';
import type { BatchGuard } from './batch-guard.ts';
import { DEFAULT_CONFIG, INSERT_PATIENCE, type IngestConfig } from './config.ts';
import { createErased, NOTHING_ERASED } from './erased.ts';
import { createInflight } from './inflight.ts';
import { seeingLosses } from './losses.ts';
import { createLostRanges, notingGaps } from './lost-ranges.ts';
import { createIngestMetrics } from './metrics.ts';
import { createOperations, NO_OPERATIONS } from './operations.ts';
import { createPatience, patiently } from './patience.ts';
import type { Ingest, IngestDeps } from './port.ts';
import { createProgress } from './progress.ts';
import { NO_QUARANTINE } from './quarantine.ts';
import { type AssignedPartition, type IngestReadiness, type IngestState, readinessOf } from './readiness.ts';
import { createServerChecked } from './server-checked.ts';
import { createStandstill } from './standstill.ts';
import { createStartupCheck } from './startup-check.ts';
import { registerPartitionMetrics, registerStateMetrics } from './state-metrics.ts';
import { createStoreDirectory } from './store-directory.ts';
import { createTailProbe } from './tail-probe.ts';
import { createWaiting } from './waiting.ts';
import { createWorkerFactory } from './worker-factory.ts';

/** The event log into ClickHouse: see batch-steps.ts for the order that makes repeating harmless. */
export const createIngest = (deps: IngestDeps, overrides: Partial<IngestConfig> = {}): Ingest => {
  const {
    log,
    control,
    now,
    newBatchId = randomUUID,
    instance = `${hostname()}/${process.pid}`,
    random = Math.random,
    quarantine = NO_QUARANTINE,
  } = deps;
  const patience = createPatience({ ...INSERT_PATIENCE, now });
  const clickhouse = { ...deps.clickhouse, insertNative: patiently(deps.clickhouse, patience, now) };
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
  registerStateMetrics({ metrics: deps.metrics, clickhouse, waiting, now }, config);
  const stores = createStoreDirectory({ stores: control.stores, now }, config.stores);
  const erased = control.erasures === undefined ? NOTHING_ERASED : createErased({ erasures: control.erasures, now });
  const inflight = createInflight({ maxBytes: config.maxBytesInFlight });
  const server = createServerChecked(
    { check: createStartupCheck({ log, clickhouse, logger }, config), waiting, backoffMs, logger, onRefused: fail },
    life.signal,
  );

  const operations =
    control.state === undefined
      ? NO_OPERATIONS
      : createOperations(
          { state: control.state, positions: control.positions, clickhouse, log, instance, logger, now },
          { topic },
        );

  const makeWorker = createWorkerFactory(
    {
      log,
      clickhouse,
      stores,
      quarantine,
      erased,
      inflight,
      waiting,
      hasher: createHasher(),
      serverChecked: server.checked,
      life: life.signal,
      backoffMs,
      newBatchId,
      valve: {
        pause: (partition) => consumer?.pause(partition),
        // One that an operator holds is resumed by him, see obey.
        resume: (partition) => operations.held || consumer?.resume(partition),
      },
      commit: async ({ partition, assignmentEpoch }, offset, metadata) =>
        (await consumer?.commit(partition, assignmentEpoch, offset, metadata)) ?? false,
      metrics,
      logger,
      now,
      onFatal: fail,
    },
    config,
  );
  /** Of the present worker of each partition. */
  const guards = new Map<number, Pick<BatchGuard, 'state'>>();

  const assignments = createAssignments({
    metrics,
    logger,
    onFatal: fail,
    makeWorker: (assignment, start) => {
      const { worker, guard } = makeWorker(assignment, start);
      guards.set(assignment.partition, guard);
      if (operations.held) consumer?.pause(assignment.partition);
      return worker;
    },
  });

  const partitions = (): AssignedPartition[] =>
    [...assignments.workers].flatMap(([partition, { topicEpoch, assignmentEpoch, progress }]) => {
      const state = guards.get(partition)?.state;
      if (state === undefined) return [];
      return [{ partition, worker: instance, topicEpoch, assignmentEpoch, position: progress.position, state }];
    });

  registerPartitionMetrics({ metrics: deps.metrics, partitions, isHeld: () => operations.held });

  const standstill = createStandstill({ now });
  const reportProgress = createProgress(
    {
      log,
      positions: control.positions,
      tailProbe: createTailProbe({ log, topic }),
      standstill,
      partitions,
      metrics,
      now,
    },
    { topic, stallMs: config.stallMs },
  );

  const told = seeingLosses(
    assignments.handlers,
    {
      positions: control.positions,
      workers: assignments.workers,
      waiting,
      metrics,
      logger,
      backoffMs,
      life: life.signal,
    },
    { topic },
  );
  const handlers =
    control.state === undefined
      ? told
      : notingGaps(told, {
          lost: createLostRanges(control.state, topic),
          epochOf: (partition) => assignments.workers.get(partition)?.topicEpoch ?? '',
          backoffMs,
          life: life.signal,
          logger,
          now,
        });
  const consume = async (): Promise<void> => {
    consumer = await log.consume({ topic, groupId, handlers });
  };

  const giveUpAll = (): void => {
    told.forgetAll();
    assignments.stopAll();
  };

  const joinAnew = async (): Promise<void> => {
    giveUpAll();
    const old = consumer;
    consumer = null;
    await old?.stop();
    standstill.reset();
    await consume();
  };

  const restartConsumer = async (partitions: readonly number[]): Promise<void> => {
    // A store that does not answer explains a standstill: then it is not the consumer's.
    if (!(await clickhouse.ping())) return;
    logger.error({ partitions }, 'partitions stand still with data before them: starting the consumer anew');
    metrics.restarts.inc();
    await joinAnew();
  };

  const obey = async (): Promise<void> => {
    if (consumer === null) return;
    const outcome = await operations.obey(assignments.workers, consumer);
    if (outcome === 'join_anew') await joinAnew();
    if (outcome !== 'resume') return;
    // What stood still did so as ordered.
    standstill.reset();
    assignments.resumeAll(consumer);
  };

  const tick = async (): Promise<void> => {
    metrics.bytesInFlight.set(inflight.bytes);
    try {
      // Left without one by a restart that failed.
      if (consumer === null) await consume();
      await stores.refreshIfStale();
      await quarantine.refreshIfStale();
      await erased.freshWithin(config.tombstones.refreshMs);
      await obey();
      const stalled = await reportProgress(assignments.workers);
      if (stalled.length > 0 && !operations.held) await restartConsumer(stalled);
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

  const start = async (): Promise<void> => {
    if (state !== 'new') throw new Error(`ingest was started before: it is ${state}`);
    state = 'starting';
    await log.ensureTopic(topic, { partitions: config.partitions });
    await log.ensureTopic(config.deadLettersTopic, {
      partitions: config.partitions,
      retention: DEAD_LETTERS_RETENTION,
    });
    await operations.load();
    await consume();
    state = 'running';
    ticking = Promise.all([server.check(), tickForever()]).then(() => {});
  };

  const leave = async (): Promise<void> => {
    life.abort(new Error('ingest is stopping'));
    giveUpAll();
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

  const readiness = (): IngestReadiness =>
    readinessOf({ state, partitions: partitions(), wait: waiting.longest(), at: now() });
  deps.health?.check('ingest', () => readiness().reason ?? true);

  return { readiness, partitions, start, stop, [Symbol.asyncDispose]: stop };
};
