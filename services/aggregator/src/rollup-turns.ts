import type { Control, Store } from '@cartledger/control';
import type { Logger } from '@cartledger/service';
import { codeOf, forEachStore, type Troubles } from './attempt.ts';
import type { DirtyDay, DirtyDays } from './dirty-days.ts';
import type { AggregatorMetrics } from './metrics.ts';
import type { Rollups, ToRoll } from './rollups.ts';
import type { StoreState } from './store-states.ts';

type Ready = {
  /** Stores whose ledgers are in order. */
  stores: readonly Store[];
  /** As readers know them. */
  before: ReadonlyMap<string, StoreState>;
  /** Of the events that this run has met. */
  lastEventAt: ReadonlyMap<string, number>;
};

/**
 * Rollups of dirty days, the longest dirty first, for a bounded time. One that cannot be made stops nothing: its day
 * stays dirty, which readers know, and its store is tried again by itself, ever more slowly.
 */
export const createRollupTurns = (
  {
    dirtyDays,
    rollups,
    erasures,
    logger,
    metrics,
  }: {
    dirtyDays: DirtyDays;
    rollups: Rollups;
    erasures: Pick<Control['erasures'], 'restatedDays'>;
    logger: Logger;
    metrics: AggregatorMetrics;
  },
  { rollupMs, holdMs }: { rollupMs: number; holdMs: (failures: number) => number },
) => {
  /** Stores whose rollups could not be made. */
  const failed = new Map<string, { failures: number; retryAt: number }>();

  /** Answers how many days are left of the stores whose rollups could be made. */
  return async ({ stores, before, lastEventAt }: Ready): Promise<number> => {
    const now = performance.now();
    const end = now + rollupMs;
    const isReady = ({ store_id }: Store): boolean => (failed.get(store_id)?.retryAt ?? now) <= now;
    const ready = new Map(stores.filter(isReady).map((store) => [store.store_id, store]));
    const dirty = (await dirtyDays.list()).filter(({ store_id }) => ready.has(store_id));
    const left = new Set(dirty);
    const erased = dirty.length === 0 ? new Map<string, Set<string>>() : await erasures.restatedDays();
    const troubles: Troubles = new Map();

    const toRoll = (store: Store, days: readonly DirtyDay[]): ToRoll => {
      const published = before.get(store.store_id);
      const comparedAt = Math.max(published?.asOf ?? 0, lastEventAt.get(store.store_id) ?? 0);
      return {
        store,
        days,
        settledAt: published?.lastEventAt ?? 0,
        restated: published
          ? { comparedAt, causeOf: (day) => (erased.get(store.store_id)?.has(day) ? 'erasure' : null) }
          : null,
      };
    };

    const isLate = (): boolean => performance.now() >= end;
    /** All together, then one by itself at least: who is to blame is found however little time there is. */
    const forEach = (some: Iterable<string>, work: (some: readonly string[]) => Promise<void>): Promise<void> => {
      let tries = 0;
      return forEachStore(
        [...some].filter((store_id) => !troubles.has(store_id)),
        troubles,
        async (mine) => {
          if (tries++ < 2 || !isLate()) await work(mine);
        },
        { blameAnyway: true },
      );
    };

    const makeStep = (step: readonly DirtyDay[]): Promise<void> => {
      const ofStores = Map.groupBy(step, ({ store_id }) => store_id);
      return forEach(ofStores.keys(), async (some) => {
        const mine = some.flatMap((store_id) => {
          const store = ready.get(store_id);
          return store ? [toRoll(store, ofStores.get(store_id) ?? [])] : [];
        });
        await rollups.roll(mine);
        for (const { days } of mine) for (const day of days) left.delete(day);
      });
    };

    const makeAll = (stores: Iterable<string>): Promise<void> =>
      forEach(stores, async (some) => {
        const names = new Set(some);
        for await (const step of rollups.stepsOf([...left].filter(({ store_id }) => names.has(store_id)))) {
          if (isLate()) return;
          await makeStep(step);
        }
      });

    // Those that failed before are tried apart: when they fail again, nobody else's work is done twice.
    const again = new Set(failed.keys());
    await makeAll(new Set(dirty.map(({ store_id }) => store_id)).difference(again));
    for (const store_id of again) await makeAll([store_id]);

    const undone = new Set([...left].map(({ store_id }) => store_id));
    for (const { store_id } of dirty) if (!undone.has(store_id)) failed.delete(store_id);
    for (const [store_id, error] of troubles) {
      const failures = (failed.get(store_id)?.failures ?? 0) + 1;
      failed.set(store_id, { failures, retryAt: now + holdMs(failures - 1) });
      metrics.storeFailures.inc({ code: codeOf(error) });
      logger.error(
        { err: error, store_id, failures },
        'the rollups of a store cannot be made; its reports read ledgers',
      );
    }
    const count = [...left].filter(({ store_id }) => !troubles.has(store_id)).length;
    metrics.dirtyDays.set(count);
    return count;
  };
};
export type RollupTurns = ReturnType<typeof createRollupTurns>;
