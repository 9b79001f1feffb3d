import type { Control, Store } from '@cartledger/control';
import type { Touches } from '@cartledger/history';
import { backoff, type Logger } from '@cartledger/service';
import { codeOf, forEachStore, type Troubles } from './attempt.ts';
import type { AggregatorConfig } from './config.ts';
import type { DirtyDays } from './dirty-days.ts';
import type { HeldStores, Holds } from './holds.ts';
import type { Lease } from './lease.ts';
import type { AggregatorMetrics } from './metrics.ts';
import type { RebuildJobs, Rebuilds } from './rebuilds.ts';
import type { Note, Recompute, Todo } from './recompute.ts';
import type { Rollups } from './rollups.ts';
import type { StoreState, StoreStates } from './store-states.ts';
import type { Sweep } from './sweep.ts';
import type { Touched } from './touched.ts';
import type { Upkeep } from './upkeep.ts';

/** `standby`: another aggregator holds the lease. `more`: there was more to do than one run takes. */
export type RunOutcome = 'standby' | 'done' | 'more';

export type RunResult = { outcome: RunOutcome; held: HeldStores };

export type RunDeps = {
  control: Control;
  lease: Lease;
  touched: Touched;
  recompute: Recompute;
  rebuilds: Rebuilds;
  dirtyDays: DirtyDays;
  rollups: Rollups;
  holds: Holds;
  states: StoreStates;
  sweep: Sweep;
  upkeep: Upkeep;
  logger: Logger;
  metrics: AggregatorMetrics;
  now: () => number;
  newBatchId: () => string;
  random: () => number;
};

export type RunConfig = Pick<
  AggregatorConfig,
  | 'topic'
  | 'asOfStepMs'
  | 'maxTouches'
  | 'maxBacklogTouches'
  | 'pageVisitors'
  | 'rollupMs'
  | 'sweepMs'
  | 'rollupEveryMs'
  | 'holdBackoff'
>;

/** Up to when the log has been taken in, as ingest reports it; null before its first report. */
const takenInUpTo = async ({ positions }: Control, topic: string): Promise<number | null> => {
  const rows = await positions.list(topic);
  return rows.length === 0 ? null : Math.min(...rows.map((row) => row.taken_in_up_to));
};

const split = <T>(list: readonly T[], fits: (item: T) => boolean): [T[], T[]] => [
  list.filter(fits),
  list.filter((item) => !fits(item)),
];

/** A store's touches of several lists of batches. */
const union = (lists: readonly (Touches | undefined)[]): Touches => {
  const touches: Touches = new Map();
  for (const list of lists)
    for (const [visitor, neighbors] of list ?? []) {
      const known = touches.get(visitor);
      touches.set(visitor, known ? [...known, ...neighbors] : neighbors);
    }
  return touches;
};

/**
 * One run, in the order that makes it repeatable: positions are read before the batches that are pending are listed;
 * a batch is marked as done only when all it touched is in the ledgers and the stores' states say so, or is set
 * aside. Killed anywhere, the next run finds the batches pending and makes the same rows again.
 */
export const createRun = (deps: RunDeps, config: RunConfig) => {
  const {
    control,
    lease,
    touched,
    recompute,
    rebuilds,
    dirtyDays,
    rollups,
    holds,
    states,
    sweep,
    upkeep,
    logger,
    metrics,
  } = deps;
  const holdMs = backoff({ ...config.holdBackoff, random: deps.random });
  /** How many touches the next run takes. */
  let appetite = config.maxTouches;
  let rolledAt = Number.NEGATIVE_INFINITY;
  /** Stores whose rollups could not be made. */
  const unrolled = new Map<string, { failures: number; retryAt: number }>();

  /**
   * Begins what is due: of stores whose definition has another version than their ledgers, and of those without a
   * state (their ledgers may have been dropped), unless all their visitors have just been taken in.
   */
  const beginRebuilds = async (
    stores: readonly Store[],
    before: ReadonlyMap<string, StoreState>,
    taken: ReadonlyMap<string, Touches>,
    running: RebuildJobs,
  ): Promise<RebuildJobs> => {
    const stateless = stores.map((store) => store.store_id).filter((id) => !before.has(id) && !(id in running));
    const visitors = await rebuilds.visitors(stateless);
    const isDue = ({ store_id, definition }: Store): boolean => {
      const version = running[store_id]?.definition_version ?? before.get(store_id)?.definitionVersion;
      if (version !== undefined) return version !== definition.version;
      return (visitors.get(store_id) ?? 0) > (taken.get(store_id)?.size ?? 0);
    };
    let jobs = running;
    for (const store of stores.filter(isDue)) {
      const { store_id, definition } = store;
      logger.info({ store_id, definition_version: definition.version }, 'rebuilding the ledgers of a store');
      jobs = await rebuilds.begin(jobs, store, before.get(store_id));
    }
    return jobs;
  };

  /** Pages of rebuilds, about as many visitors as a run takes. */
  const advanceRebuilds = async (
    stores: ReadonlyMap<string, Store>,
    before: ReadonlyMap<string, StoreState>,
    begun: RebuildJobs,
    isWaiting: (store_id: string) => boolean,
    troubles: Troubles,
    note: Note,
    lastEventAt: ReadonlyMap<string, number>,
  ): Promise<RebuildJobs> => {
    let running = begun;
    let visitors = 0;
    for (const store_id of Object.keys(begun)) {
      const store = stores.get(store_id);
      if (!store) running = await rebuilds.drop(running, store_id);
      if (!store || isWaiting(store_id) || troubles.has(store_id)) continue;
      const advance = async (): Promise<void> => {
        while (store_id in running && visitors < config.pageVisitors) {
          const page = await rebuilds.advance(running, store, before.get(store_id), {
            note,
            latest: lastEventAt.get(store_id) ?? 0,
          });
          running = page.running;
          visitors += Math.max(page.visitors, 1);
          if (page.lastEventAt === null) continue;
          note(store_id, page.lastEventAt);
          metrics.rebuilds.inc();
          logger.info({ store_id }, 'rebuilt the ledgers of a store');
        }
      };
      await forEachStore([store_id], troubles, advance, { blameAnyway: true });
    }
    return running;
  };

  /**
   * Rollups of dirty days, for a bounded time; answers how many days are left. One that cannot be made stops nothing:
   * its day stays dirty, which readers know, and is tried again ever more slowly.
   */
  const rollUp = async (
    stores: readonly Store[],
    before: ReadonlyMap<string, StoreState>,
    lastEventAt: ReadonlyMap<string, number>,
  ): Promise<number> => {
    const dirty = Map.groupBy(await dirtyDays.list(), (each) => each.store_id);
    const now = performance.now();
    const end = now + config.rollupMs;
    let left = 0;
    for (const [store_id, days] of dirty) {
      const store = stores.find((each) => each.store_id === store_id);
      const failed = unrolled.get(store_id);
      if (!store || (failed && failed.retryAt > now)) continue;
      const published = before.get(store_id);
      const roll = async (): Promise<void> => {
        left += await rollups.roll(store, days, {
          settledAt: published?.lastEventAt ?? 0,
          restated: published
            ? { comparedAt: Math.max(published.asOf, lastEventAt.get(store_id) ?? 0), causeOf: () => null }
            : null,
          enough: () => performance.now() >= end,
        });
        unrolled.delete(store_id);
      };
      const mistaken: Troubles = new Map();
      await forEachStore([store_id], mistaken, roll, { blameAnyway: true });
      for (const error of mistaken.values()) {
        const failures = (failed?.failures ?? 0) + 1;
        unrolled.set(store_id, { failures, retryAt: now + holdMs(failures - 1) });
        metrics.storeFailures.inc({ code: codeOf(error) });
        logger.error(
          { err: error, store_id, failures },
          'the rollups of a store cannot be made; its reports read ledgers',
        );
      }
    }
    metrics.dirtyDays.set(left);
    return left;
  };

  /** Pages of the sweep, one at least, for a bounded time. */
  const sweepOn = async (
    stores: readonly Store[],
    before: ReadonlyMap<string, StoreState>,
    time: number,
    note: Note,
  ): Promise<void> => {
    const end = performance.now() + config.sweepMs;
    do {
      const store = await sweep.due(stores, time);
      if (!store) return;
      const { store_id } = store;
      const troubles: Troubles = new Map();
      await forEachStore([store_id], troubles, async () =>
        sweep.page(store, before.get(store_id)?.lastEventAt ?? 0, note),
      );
      for (const [, error] of troubles) {
        logger.error({ err: error, store_id }, 'a slice of the daily sweep could not be looked at');
        await sweep.skip(store);
      }
    } while (performance.now() < end);
  };

  /** Whom the next run leaves alone, for how long: those in trouble, and those that still wait. */
  const holdBack = (held: HeldStores, waiting: readonly string[], troubles: Troubles, time: number): HeldStores => {
    const next = Object.fromEntries(Object.entries(held).filter(([store_id]) => waiting.includes(store_id)));
    for (const [store_id, error] of troubles) {
      const before = held[store_id];
      const failures = (before?.failures ?? 0) + 1;
      next[store_id] = {
        batch: before?.batch ?? deps.newBatchId(),
        failures,
        retry_at: time + holdMs(failures - 1),
        code: codeOf(error),
      };
      metrics.storeFailures.inc({ code: codeOf(error) });
      logger.error({ err: error, store_id, failures }, 'the ledgers of a store cannot be brought up; others go on');
    }
    return next;
  };

  return async (): Promise<RunResult> => {
    const isHeld = await lease.acquire();
    metrics.holdsLease.set(isHeld ? 1 : 0);
    if (!isHeld) return { outcome: 'standby', held: {} };
    using _ = lease.keepAlive();

    await upkeep.run(deps.now());
    const upTo = await takenInUpTo(control, config.topic);
    const held = await holds.read();
    const time = deps.now();
    const [waiting, retried] = split(Object.keys(held), (store_id) => (held[store_id]?.retry_at ?? 0) > time);
    const isWaiting = (store_id: string): boolean => waiting.includes(store_id);
    const { batches, all } = await touched.pending(
      appetite,
      Object.values(held).map(({ batch }) => batch),
    );
    // A run that fails is tried again with the smallest bite; only success makes it larger.
    const nextAppetite = all ? config.maxTouches : Math.min(appetite * 2, config.maxBacklogTouches);
    appetite = config.maxTouches;
    const stores = new Map((await control.stores.list()).map((store) => [store.store_id, store]));
    const before = await states.read();
    dirtyDays.publishedAre(new Map([...before].map(([store_id, { asOf }]) => [store_id, asOf])));
    metrics.pendingBatches.set(batches.length);

    const lastEventAt = new Map<string, number>();
    const note: Note = (store_id, at) => {
      lastEventAt.set(store_id, Math.max(at, lastEventAt.get(store_id) ?? 0));
    };
    const taken = await touched.read(batches);
    const releasable = retried.flatMap((store_id) => held[store_id]?.batch ?? []);
    const setAside = await touched.read(releasable);
    const work: Todo[] = [];
    for (const store_id of new Set([...taken.keys(), ...setAside.keys()])) {
      const store = stores.get(store_id);
      const touches = union([taken.get(store_id), setAside.get(store_id)]);
      if (store && !isWaiting(store_id)) work.push({ store, touches });
      if (store) continue;
      metrics.unknownStores.inc(touches.size);
      logger.warn({ store_id, visitors: touches.size }, 'events of a store that does not exist are in no ledger');
    }
    const jobs = await beginRebuilds([...stores.values()], before, taken, await rebuilds.read());
    const troubles: Troubles = new Map();
    // While a store is rebuilt all its rows are written anew, the same ones too: what keeps an older version than the
    // rebuild's first is of no unit any more and goes in the end.
    const [rebuilding, others] = split(work, ({ store }) => store.store_id in jobs);
    const bring = (list: readonly Todo[], force: boolean, blameAnyway = false): Promise<void> =>
      forEachStore(
        list.map(({ store }) => store.store_id),
        troubles,
        async (some) => {
          const mine = list.filter(({ store }) => some.includes(store.store_id));
          await recompute(mine, { force, note });
        },
        { blameAnyway },
      );
    for (const [list, force] of [
      [others, false],
      [rebuilding, true],
    ] as const) {
      // Those that failed before are tried apart: when they fail again, nobody else's work is done twice.
      const [again, first] = split(list, ({ store }) => retried.includes(store.store_id));
      await bring(first, force);
      for (const todo of again) await bring([todo], force, true);
    }
    const running = await advanceRebuilds(stores, before, jobs, isWaiting, troubles, note, lastEventAt);
    const sound = [...stores.values()].filter(
      ({ store_id }) => !(store_id in running) && !isWaiting(store_id) && !troubles.has(store_id),
    );
    const isQuiet = batches.length === 0;
    await sweepOn(sound, before, time, note);
    // While a backlog lasts, or much comes in, the same days would be made again and again.
    const mayRoll = all && (isQuiet || performance.now() - rolledAt >= config.rollupEveryMs);
    const left = mayRoll ? await rollUp(sound, before, lastEventAt) : 0;
    if (mayRoll && !isQuiet) rolledAt = performance.now();

    const nextHeld = holdBack(held, waiting, troubles, time);
    for (const [store_id, { batch }] of Object.entries(nextHeld))
      if (taken.has(store_id)) await holds.keep(store_id, batch, batches);
    if (troubles.size > 0 || retried.length > 0) await holds.write(nextHeld);

    const changed: Parameters<StoreStates['write']>[0][number][] = [];
    let furthestBehind = Number.POSITIVE_INFINITY;
    for (const [store_id, store] of stores) {
      const old = before.get(store_id);
      const last = Math.max(old?.lastEventAt ?? 0, lastEventAt.get(store_id) ?? 0);
      const isHeld = store_id in nextHeld;
      const asOf = Math.max(old?.asOf ?? 0, last, all && !isHeld ? (upTo ?? 0) : 0);
      furthestBehind = Math.min(furthestBehind, asOf);
      if (asOf === 0) continue;
      const news = lastEventAt.has(store_id) || asOf - (old?.asOf ?? 0) >= config.asOfStepMs;
      // Its ledgers are not all of one definition yet, or not of all its events: the state goes on naming the old one.
      // What has been written already readers see all the same, so the times tell of that.
      if (isHeld || store_id in running) {
        if (old && news) await states.advance(store_id, asOf, last);
      } else if (news || old?.definitionVersion !== store.definition.version)
        changed.push({ store, asOf, lastEventAt: last });
    }
    await states.write(changed);
    await lease.confirm();
    const released = releasable.filter((batch) => !Object.values(nextHeld).some((each) => each.batch === batch));
    await touched.markDone([...batches, ...released]);
    appetite = nextAppetite;

    metrics.batches.inc(batches.length);
    if (Number.isFinite(furthestBehind)) metrics.asOf.set(furthestBehind / 1_000);
    const rebuildsGoOn = Object.keys(running).some((store_id) => !(store_id in nextHeld));
    return { outcome: all && !rebuildsGoOn && !(isQuiet && left > 0) ? 'done' : 'more', held: nextHeld };
  };
};
