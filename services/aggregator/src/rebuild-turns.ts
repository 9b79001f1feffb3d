import type { Store } from '@cartledger/control';
import { areCountedAlike } from '@cartledger/funnel';
import type { Touches } from '@cartledger/history';
import type { Logger } from '@cartledger/service';
import { forEachStore, type Troubles } from './attempt.ts';
import type { Calendars } from './calendars.ts';
import type { AggregatorMetrics } from './metrics.ts';
import type { RebuildJobs, Rebuilds } from './rebuilds.ts';
import type { Note } from './recompute.ts';
import type { StoreState } from './store-states.ts';

/** Behind all that is dated. */
const LAST_DAY = '9999-12-31';

type Before = ReadonlyMap<string, StoreState>;

/** Rebuilds as a run begins them and brings them on. `before`: the stores as readers know them. */
export const createRebuildTurns = (
  {
    rebuilds,
    calendarOf,
    logger,
    metrics,
  }: { rebuilds: Rebuilds; calendarOf: Calendars; logger: Logger; metrics: AggregatorMetrics },
  { pageVisitors }: { pageVisitors: number },
) => ({
  /**
   * Begins what is due: of stores whose newest definition counts otherwise than their ledgers, and of those without a
   * state (their ledgers may have been dropped). When pending batches bring all that one without a state holds, it is not
   * counted twice; when they are more than a run takes, it has no state before the last of them.
   */
  async begin(
    stores: readonly Store[],
    {
      before,
      taken,
      all,
      troubles,
    }: { before: Before; taken: ReadonlyMap<string, Touches>; all: boolean; troubles: Troubles },
  ): Promise<RebuildJobs> {
    const running = await rebuilds.read();
    const stateless = stores.map((store) => store.store_id).filter((id) => !before.has(id) && !(id in running));
    const forgotten = await rebuilds.forgotten(stateless);
    const isBacklog = (store_id: string): boolean =>
      !all && taken.has(store_id) && stateless.includes(store_id) && !forgotten.has(store_id);
    const isDue = ({ store_id, definition, versions }: Store): boolean => {
      const published = before.get(store_id);
      const job = running[store_id];
      // Its state is gone, and with it perhaps what it had written.
      if (job && job.from_version > 0 && !published) return true;
      const version = job?.definition_version ?? published?.definitionVersion;
      if (version !== undefined) {
        if (version === definition.version) return false;
        const lastDay = published ? calendarOf(definition.time_zone).dayOf(published.lastEventAt) : LAST_DAY;
        return !areCountedAlike(versions, version, lastDay);
      }
      return forgotten.has(store_id) || isBacklog(store_id);
    };
    let jobs = running;
    for (const store of stores.filter(isDue)) {
      const { store_id, definition } = store;
      const by_backlog = isBacklog(store_id);
      logger.info(
        { store_id, definition_version: definition.version, by_backlog },
        'rebuilding the ledgers of a store',
      );
      const begin = async (): Promise<void> => {
        jobs = await rebuilds.begin(jobs, store, before.get(store_id), { by_backlog });
      };
      await forEachStore([store_id], troubles, begin, { blameAnyway: true });
    }
    return jobs;
  },

  /** Pages of those begun, about as many visitors as a run takes; answers what is left, without those that are through. */
  async advance(
    begun: RebuildJobs,
    {
      stores,
      before,
      taken,
      all,
      isWaiting,
      troubles,
      note,
      lastEventAt,
    }: {
      stores: ReadonlyMap<string, Store>;
      before: Before;
      taken: ReadonlyMap<string, Touches>;
      all: boolean;
      isWaiting: (store_id: string) => boolean;
      troubles: Troubles;
      note: Note;
      lastEventAt: ReadonlyMap<string, number>;
    },
  ): Promise<RebuildJobs> {
    let running = begun;
    const through = new Set<string>();
    let visitors = 0;
    for (const store_id of Object.keys(begun)) {
      const store = stores.get(store_id);
      if (!store) {
        await rebuilds.forget([store_id]);
        running = Object.fromEntries(Object.entries(running).filter(([other]) => other !== store_id));
      }
      if (!store || isWaiting(store_id) || troubles.has(store_id)) continue;
      const advance = async (): Promise<void> => {
        if (begun[store_id]?.by_backlog && !all) {
          running = await rebuilds.awaitRest(running, store, taken.get(store_id)?.keys() ?? []);
          return;
        }
        while (!through.has(store_id) && visitors < pageVisitors) {
          const page = await rebuilds.advance(running, store, before.get(store_id), {
            note,
            latest: lastEventAt.get(store_id) ?? 0,
          });
          running = page.running;
          visitors += Math.max(page.visitors, 1);
          if (page.lastEventAt === null) continue;
          through.add(store_id);
          note(store_id, page.lastEventAt);
          // Without any event there may be nothing to publish, and nobody would tell that readers know of it.
          if (page.lastEventAt === 0 && !before.has(store_id)) await rebuilds.forget([store_id]);
          metrics.rebuilds.inc();
          logger.info({ store_id }, 'rebuilt the ledgers of a store');
        }
      };
      await forEachStore([store_id], troubles, advance, { blameAnyway: true });
    }
    return Object.fromEntries(Object.entries(running).filter(([store_id]) => !through.has(store_id)));
  },

  met: (store_id: string, at: number): Promise<void> => rebuilds.met(store_id, at),

  /** When readers know of them. */
  published: (jobs: RebuildJobs, states: readonly string[]): Promise<void> =>
    rebuilds.forget(states.filter((store_id) => store_id in jobs)),
});
export type RebuildTurns = ReturnType<typeof createRebuildTurns>;
