import { randomUUID } from 'node:crypto';
import type { ClickHouse } from '@cartledger/clickhouse';
import type { Control } from '@cartledger/control';
import { createHasher } from '@cartledger/events';
import { createEvents, createLinks } from '@cartledger/history';
import { backoff, type Health, type Logger, type Metrics } from '@cartledger/service';
import { codeOf } from './attempt.ts';
import { createCalendars } from './calendars.ts';
import { type AggregatorConfig, DEFAULT_CONFIG } from './config.ts';
import { createDirtyDays } from './dirty-days.ts';
import { createErased } from './erased.ts';
import { AggregatorError } from './errors.ts';
import { createFence } from './fence.ts';
import { createHoldBack } from './hold-back.ts';
import { createHolds, heldReason } from './holds.ts';
import { createHorizons } from './horizons.ts';
import { createJobState } from './job-state.ts';
import { createLease } from './lease.ts';
import { createLedger } from './ledger.ts';
import { createAggregatorMetrics } from './metrics.ts';
import { createRebuildTurns } from './rebuild-turns.ts';
import { createRebuilds } from './rebuilds.ts';
import { createRecompute } from './recompute.ts';
import { createRest } from './rest.ts';
import { createRestatements } from './restatements.ts';
import { createRetention } from './retention.ts';
import { createRollupTurns } from './rollup-turns.ts';
import { createRollups } from './rollups.ts';
import { createRun, type RunOutcome, type RunResult } from './run.ts';
import { type Schedule, startSchedule } from './schedule.ts';
import { createStoreStates } from './store-states.ts';
import { createSweep } from './sweep.ts';
import { createSweepTurns } from './sweep-turns.ts';
import { createTouched } from './touched.ts';
import { createUpkeep } from './upkeep.ts';
import { createWriters } from './writers.ts';

export type AggregatorDeps = {
  clickhouse: ClickHouse;
  control: Control;
  logger: Logger;
  metrics: Metrics;
  /** Gets a check `aggregator`. */
  health?: Health;
  now: () => number;
  newId?: () => string;
  random?: () => number;
};

export type AggregatorReadiness = {
  ready: boolean;
  state: 'new' | 'running' | 'standby' | 'failing' | 'stopped';
  reason: string | null;
};

export type Aggregator = {
  /** Ready when its last run succeeded for all stores, or another aggregator holds the lease. */
  readiness(): AggregatorReadiness;
  /** Begins to run at the times of the cron expression. What fails is tried again, ever more slowly. */
  start(): Promise<void>;
  /** Lets the step in hand end, writes nothing more and gives the lease back. */
  stop(): Promise<void>;
  /** One run, now; throws what made it fail. Runs of one aggregator never overlap. */
  runOnce(): Promise<RunOutcome>;
  /**
   * Recomputes all ledgers of a store and removes what is of no unit any more; resolves when done. Throws AggregatorError
   * `standby` | `unknown_store`, and `held` when they cannot be computed now: runs go on with it, ever more slowly.
   */
  rebuild(store_id: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/**
 * Events into ledgers: takes what ingest has touched, recomputes all that hangs together with it and writes the rows
 * as new versions. Any number may run; the lease lets one write.
 */
export const createAggregator = (deps: AggregatorDeps, overrides: Partial<AggregatorConfig> = {}): Aggregator => {
  const { clickhouse, control, now, newId = randomUUID, random = Math.random } = deps;
  const config = { ...DEFAULT_CONFIG, ...overrides };
  const logger = deps.logger.child({ component: 'aggregator' });
  const metrics = createAggregatorMetrics(deps.metrics);
  const backoffMs = backoff({ ...config.backoff, random });
  const holdMs = backoff({ ...config.holdBackoff, random });
  const life = new AbortController();
  const owner = newId();
  let status: AggregatorReadiness = { ready: false, state: 'new', reason: 'has not run yet' };
  const rest = createRest(config.rest, now);
  let failures = 0;
  let schedule: Schedule | null = null;
  let turn: Promise<unknown> = Promise.resolve();

  const writers = createWriters(clickhouse);
  const lease = createLease(
    { leases: control.leases, writers },
    { owner, ttlMs: config.leaseTtlMs, signal: life.signal },
  );

  const wire = async () => {
    await clickhouse.checkServer();
    const hasher = await createHasher();
    const fence = createFence({ clickhouse, lease, writers });
    const calendarOf = createCalendars();
    const horizons = createHorizons({ clickhouse, fence, calendarOf });
    const { isFrozen } = horizons;
    const dirtyDays = createDirtyDays({ clickhouse, fence, isFrozen });
    const ledger = createLedger({ clickhouse, fence, dirtyDays, hasher });
    const recompute = createRecompute(
      { links: createLinks(clickhouse), events: createEvents(clickhouse), ledger, hasher, calendarOf, metrics },
      config,
    );
    const restatements = createRestatements({ clickhouse, fence, calendarOf, now });
    const rollups = createRollups({ clickhouse, fence, dirtyDays, restatements, isFrozen });
    const state = createJobState({ state: control.state, lease });
    const { erasures } = control;
    const rebuilds = createRebuilds(
      { clickhouse, state, lease, ledger, recompute, dirtyDays, rollups, restatements, erasures, calendarOf, now },
      { pageSize: config.pageVisitors, rollupMs: config.rollupMs, cleanupAgeMs: config.cleanupAgeMs },
    );
    const upkeep = createUpkeep(
      {
        clickhouse,
        state,
        erased: createErased({ clickhouse, erasures, newId, metrics, logger }),
        onFailure: (error) => {
          metrics.upkeepFailures.inc({ code: codeOf(error) });
          logger.error({ err: error }, 'what is long done could not be cleaned up; tried again in an hour');
        },
      },
      config,
    );
    const sweep = createSweep(
      { clickhouse, state, ledger, recompute, rollups, metrics, logger },
      { pageSize: config.pageVisitors },
    );
    const touched = createTouched(clickhouse);
    const states = createStoreStates({ clickhouse, fence });
    const run = createRun(
      {
        control,
        lease,
        touched,
        recompute,
        rebuilds: createRebuildTurns({ rebuilds, calendarOf, logger, metrics }, config),
        dirtyDays,
        rollUp: createRollupTurns(
          { dirtyDays, rollups, erasures, logger, metrics },
          { rollupMs: config.rollupMs, holdMs },
        ),
        holds: createHolds({ clickhouse, state }),
        holdBack: createHoldBack({ logger, metrics, newBatchId: newId }, { holdMs }),
        horizons,
        retention: createRetention(
          { clickhouse, state, horizons, dirtyDays, calendarOf, erasures, newId, logger, metrics },
          config,
        ),
        states,
        sweepOn: createSweepTurns({ sweep, logger }, config),
        upkeep,
        logger,
        metrics,
        now,
      },
      config,
    );
    return { run, rebuilds, states, horizons };
  };
  type Parts = Awaited<ReturnType<typeof wire>>;
  let parts: Parts | null = null;

  /** One at a time, in the order asked for. */
  const exclusive = <T>(work: (parts: Parts) => Promise<T>): Promise<T> => {
    const result = turn.then(async () => {
      life.signal.throwIfAborted();
      // A server that is not suitable yet is asked again by the next call.
      parts ??= await wire();
      return work(parts);
    });
    turn = result.catch(() => {});
    return result;
  };

  const runNext = (): Promise<RunResult> =>
    exclusive(async ({ run }) => {
      const startedAt = performance.now();
      const result = await run();
      const { outcome, held } = result;
      metrics.runs.inc({ outcome });
      if (outcome !== 'standby') metrics.runSeconds.observe((performance.now() - startedAt) / 1_000);
      const reason = heldReason(held);
      if (outcome === 'standby') status = { ready: true, state: 'standby', reason: null };
      else status = { ready: reason === null, state: reason === null ? 'running' : 'failing', reason };
      return result;
    });
  const runOnce = async (): Promise<RunOutcome> => (await runNext()).outcome;

  const failed = (error: unknown): void => {
    const code = codeOf(error);
    metrics.runs.inc({ outcome: code === 'lease_lost' ? 'lease_lost' : 'failed' });
    status = { ready: false, state: 'failing', reason: `the last run failed: ${code}` };
    logger.error({ err: error, failures }, 'a run failed; what it had begun is done again');
  };

  /** While it rests nobody else takes over: one who has not worked yet would not rest. */
  let keptWhileResting: Disposable | null = null;
  const letGo = (): void => {
    keptWhileResting?.[Symbol.dispose]();
    keptWhileResting = null;
  };

  /** Runs until there is no more to do; answers how long to rest, in ms. */
  const catchUp = async (): Promise<number> => {
    let restMs = 0;
    letGo();
    try {
      for (;;) {
        const startedAt = performance.now();
        const outcome = await runOnce();
        failures = 0;
        if (outcome === 'standby') return 0;
        restMs = rest.after(performance.now() - startedAt);
        if (outcome !== 'done') continue;
        if (restMs > 0) keptWhileResting = lease.keepAlive();
        return restMs;
      }
    } catch (error) {
      if (life.signal.aborted) return 0;
      failed(error);
      return backoffMs(failures++);
    }
  };

  const rebuild = async (store_id: string): Promise<void> => {
    await exclusive(async ({ rebuilds, states, horizons }) => {
      if (!(await lease.acquire()))
        throw new AggregatorError('standby', 'another aggregator is at work: ask that one to rebuild');
      const store = await control.stores.get(store_id);
      if (!store) throw new AggregatorError('unknown_store', `there is no store ${store_id}`);
      await horizons.read(await control.stores.list());
      await rebuilds.begin(await rebuilds.read(), store, (await states.read()).get(store_id));
    });
    while (await exclusive(async ({ rebuilds }) => store_id in (await rebuilds.read()))) {
      const { outcome, held } = await runNext();
      if (outcome === 'standby')
        throw new AggregatorError('standby', 'another aggregator has taken over: it goes on with the rebuild');
      const code = held[store_id]?.code;
      if (code !== undefined)
        throw new AggregatorError('held', `the ledgers of store ${store_id} stand still (${code}): later runs go on`);
    }
  };

  const stop = async (): Promise<void> => {
    if (life.signal.aborted) return;
    life.abort(new AggregatorError('standby', 'the aggregator is stopping'));
    await schedule?.stop();
    await turn;
    letGo();
    status = { ready: false, state: 'stopped', reason: 'stopped' };
    // Unreleased, it would run out by itself.
    await lease.release().catch((error: unknown) => logger.warn({ err: error }, 'could not give the lease back'));
  };

  deps.health?.check('aggregator', () => status.reason ?? true);

  return {
    readiness: () => status,
    start: async () => {
      schedule ??= startSchedule({ work: catchUp, now }, config.cron);
    },
    stop,
    runOnce,
    rebuild,
    [Symbol.asyncDispose]: stop,
  };
};
