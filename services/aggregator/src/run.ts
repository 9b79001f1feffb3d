import type { Control } from '@cartledger/control';
import type { Touches } from '@cartledger/history';
import type { Logger } from '@cartledger/service';
import { forEachStore, type Troubles } from './attempt.ts';
import type { AggregatorConfig } from './config.ts';
import type { DirtyDays } from './dirty-days.ts';
import type { HoldBack } from './hold-back.ts';
import type { HeldStores, Holds } from './holds.ts';
import type { Horizons } from './horizons.ts';
import type { Lease } from './lease.ts';
import type { AggregatorMetrics } from './metrics.ts';
import type { RebuildTurns } from './rebuild-turns.ts';
import type { Note, Recompute, Todo } from './recompute.ts';
import type { Retention } from './retention.ts';
import type { RollupTurns } from './rollup-turns.ts';
import type { StoreStates } from './store-states.ts';
import type { SweepTurns } from './sweep-turns.ts';
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
  rebuilds: RebuildTurns;
  dirtyDays: DirtyDays;
  rollUp: RollupTurns;
  holds: Holds;
  holdBack: HoldBack;
  horizons: Horizons;
  retention: Retention;
  states: StoreStates;
  sweepOn: SweepTurns;
  upkeep: Upkeep;
  logger: Logger;
  metrics: AggregatorMetrics;
  now: () => number;
};

export type RunConfig = Pick<
  AggregatorConfig,
  'topic' | 'asOfStepMs' | 'maxTouches' | 'maxBacklogTouches' | 'rollupEveryMs'
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
  const { control, lease, touched, recompute, rebuilds, dirtyDays, rollUp, holds, holdBack, states, sweepOn, upkeep } =
    deps;
  const { horizons, retention, logger, metrics } = deps;
  /** How many touches the next run takes. */
  let appetite = config.maxTouches;
  let rolledAt = Number.NEGATIVE_INFINITY;

  return async (): Promise<RunResult> => {
    using _ = lease.keepAlive();
    const isHeld = await lease.acquire();
    metrics.holdsLease.set(isHeld ? 1 : 0);
    if (!isHeld) return { outcome: 'standby', held: {} };

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
    await horizons.read(stores.values());
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
    const troubles: Troubles = new Map();
    const jobs = await rebuilds.begin([...stores.values()], { before, taken, all, troubles });
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
    const running = await rebuilds.advance(jobs, {
      stores,
      before,
      taken,
      all,
      isWaiting,
      troubles,
      note,
      lastEventAt,
    });
    const sound = [...stores.values()].filter(
      ({ store_id }) => !(store_id in running) && !isWaiting(store_id) && !troubles.has(store_id),
    );
    const isQuiet = batches.length === 0;
    const removing = await retention.run(sound, { before, time, isIdle: all });
    await sweepOn(
      sound.filter(({ store_id }) => !removing.has(store_id)),
      { before, time, note },
    );
    // While a backlog lasts, or much comes in, the same days would be made again and again.
    const mayRoll = all && (isQuiet || performance.now() - rolledAt >= config.rollupEveryMs);
    const left = mayRoll ? await rollUp({ stores: sound, before, lastEventAt }) : 0;
    if (mayRoll && !isQuiet) rolledAt = performance.now();

    const nextHeld = holdBack(held, { waiting, troubles, time });
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
      // Its ledgers are not all of one definition yet, or not of all its events: the state goes on naming the old one, by
      // which readers know that. What has been written already they see all the same, so the times tell of that.
      if (isHeld || store_id in running) {
        if (old && news) await states.advance(store_id, asOf, last);
        else if (!old && store_id in running && lastEventAt.has(store_id)) await rebuilds.met(store_id, last);
      } else {
        const keptFrom = horizons.keptFrom(store_id);
        if (news || old?.definitionVersion !== store.definition.version || old.keptFrom !== keptFrom)
          changed.push({ store, asOf, lastEventAt: last, keptFrom });
      }
    }
    // Whose state went meanwhile, its ledgers were emptied, and what this run had written of them too: it is made anew.
    const standing = changed.length === 0 ? before : await states.read();
    const [emptied, told] = split(
      changed,
      ({ store: { store_id } }) => before.has(store_id) && !standing.has(store_id),
    );
    await states.write(told);
    await rebuilds.published(
      jobs,
      told.map(({ store }) => store.store_id),
    );
    await lease.confirm();
    const released = releasable.filter((batch) => !Object.values(nextHeld).some((each) => each.batch === batch));
    await touched.markDone([...batches, ...released]);
    appetite = nextAppetite;

    metrics.batches.inc(batches.length);
    if (Number.isFinite(furthestBehind)) metrics.asOf.set(furthestBehind / 1_000);
    const rebuildsGoOn = Object.keys(running).some((store_id) => !(store_id in nextHeld));
    return {
      outcome: all && !rebuildsGoOn && emptied.length === 0 && !(isQuiet && left > 0) ? 'done' : 'more',
      held: nextHeld,
    };
  };
};
