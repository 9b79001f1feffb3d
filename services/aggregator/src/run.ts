import type { Control, Store } from '@cartledger/control';
import type { Touches } from '@cartledger/history';
import type { Logger } from '@cartledger/service';
import type { AggregatorConfig } from './config.ts';
import type { Lease } from './lease.ts';
import type { AggregatorMetrics } from './metrics.ts';
import type { RebuildJobs, Rebuilds } from './rebuilds.ts';
import type { Recompute, Todo } from './recompute.ts';
import type { StoreState, StoreStates } from './store-states.ts';
import type { Touched } from './touched.ts';
import type { Upkeep } from './upkeep.ts';

/** `standby`: another aggregator holds the lease. `more`: there was more to do than one run takes. */
export type RunOutcome = 'standby' | 'done' | 'more';

export type RunDeps = {
  control: Control;
  lease: Lease;
  touched: Touched;
  recompute: Recompute;
  rebuilds: Rebuilds;
  states: StoreStates;
  upkeep: Upkeep;
  logger: Logger;
  metrics: AggregatorMetrics;
  now: () => number;
};

export type RunConfig = Pick<
  AggregatorConfig,
  'topic' | 'asOfStepMs' | 'maxTouches' | 'maxBacklogTouches' | 'pageVisitors'
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

/**
 * One run, in the order that makes it repeatable: positions are read before the batches that are pending are listed;
 * a batch is marked as done only when all it touched is in the ledgers and the stores' states say so. Killed anywhere,
 * the next run finds the batches pending and makes the same rows again.
 */
export const createRun = (deps: RunDeps, config: RunConfig) => {
  const { control, lease, touched, recompute, rebuilds, states, upkeep, logger, metrics } = deps;
  /** How many touches the next run takes. */
  let appetite = config.maxTouches;

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
      jobs = await rebuilds.begin(jobs, store);
    }
    return jobs;
  };

  /** Pages of rebuilds, about as many visitors as a run takes. */
  const advanceRebuilds = async (
    stores: ReadonlyMap<string, Store>,
    begun: RebuildJobs,
    note: (store_id: string, lastEventAt: number) => void,
  ): Promise<RebuildJobs> => {
    let running = begun;
    let visitors = 0;
    for (const store_id of Object.keys(begun)) {
      const store = stores.get(store_id);
      if (!store) running = await rebuilds.drop(running, store_id);
      while (store && store_id in running && visitors < config.pageVisitors) {
        const page = await rebuilds.advance(running, store);
        running = page.running;
        visitors += Math.max(page.visitors, 1);
        if (page.lastEventAt === null) continue;
        note(store_id, page.lastEventAt);
        metrics.rebuilds.inc();
        logger.info({ store_id }, 'rebuilt the ledgers of a store');
      }
    }
    return running;
  };

  return async (): Promise<RunOutcome> => {
    const held = await lease.acquire();
    metrics.holdsLease.set(held ? 1 : 0);
    if (!held) return 'standby';
    using _ = lease.keepAlive();

    await upkeep.run(deps.now());
    const upTo = await takenInUpTo(control, config.topic);
    const { batches, all } = await touched.pending(appetite);
    // A run that fails is tried again with the smallest bite; only success makes it larger.
    const nextAppetite = all ? config.maxTouches : Math.min(appetite * 2, config.maxBacklogTouches);
    appetite = config.maxTouches;
    const stores = new Map((await control.stores.list()).map((store) => [store.store_id, store]));
    const before = await states.read();
    metrics.pendingBatches.set(batches.length);

    const lastEventAt = new Map<string, number>();
    const note = (store_id: string, at: number): void => {
      lastEventAt.set(store_id, Math.max(at, lastEventAt.get(store_id) ?? 0));
    };
    const taken = await touched.read(batches);
    const work: Todo[] = [];
    for (const [store_id, touches] of taken) {
      const store = stores.get(store_id);
      if (store) {
        work.push({ store, touches });
        continue;
      }
      metrics.unknownStores.inc(touches.size);
      logger.warn({ store_id, visitors: touches.size }, 'events of a store that does not exist are in no ledger');
    }
    const jobs = await beginRebuilds([...stores.values()], before, taken, await rebuilds.read());
    // While a store is rebuilt all its rows are written anew, the same ones too: what keeps an older version than the
    // rebuild's first is of no unit any more and goes in the end.
    const [rebuilding, others] = split(work, ({ store }) => store.store_id in jobs);
    for (const [store_id, at] of await recompute(others)) note(store_id, at);
    for (const [store_id, at] of await recompute(rebuilding, { force: true })) note(store_id, at);
    const running = await advanceRebuilds(stores, jobs, note);

    const changed: Parameters<StoreStates['write']>[0][number][] = [];
    let furthestBehind = Number.POSITIVE_INFINITY;
    for (const [store_id, store] of stores) {
      const old = before.get(store_id);
      const last = Math.max(old?.lastEventAt ?? 0, lastEventAt.get(store_id) ?? 0);
      const asOf = Math.max(old?.asOf ?? 0, last, all ? (upTo ?? 0) : 0);
      furthestBehind = Math.min(furthestBehind, asOf);
      // Its ledgers are not all of one definition yet: the state goes on saying the old one.
      if (store_id in running || asOf === 0) continue;
      const news = lastEventAt.has(store_id) || old?.definitionVersion !== store.definition.version;
      if (news || asOf - (old?.asOf ?? 0) >= config.asOfStepMs) changed.push({ store, asOf, lastEventAt: last });
    }
    await states.write(changed);
    await lease.confirm();
    await touched.markDone(batches);
    appetite = nextAppetite;

    metrics.batches.inc(batches.length);
    if (Number.isFinite(furthestBehind)) metrics.asOf.set(furthestBehind / 1_000);
    return all && Object.keys(running).length === 0 ? 'done' : 'more';
  };
};
