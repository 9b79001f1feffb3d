import type { Store } from '@cartledger/control';
import type { Logger } from '@cartledger/service';
import { forEachStore, type Troubles } from './attempt.ts';
import type { Note } from './recompute.ts';
import type { StoreState } from './store-states.ts';
import type { Sweep } from './sweep.ts';

/** Pages of the daily sweep, one at least, for a bounded time, the store furthest behind first. */
export const createSweepTurns =
  ({ sweep, logger }: { sweep: Sweep; logger: Logger }, { sweepMs }: { sweepMs: number }) =>
  /** `before`: the stores as readers know them. */
  async (
    stores: readonly Store[],
    { before, time, note }: { before: ReadonlyMap<string, StoreState>; time: number; note: Note },
  ): Promise<void> => {
    const end = performance.now() + sweepMs;
    do {
      const store = await sweep.due(stores, time);
      if (!store) return;
      const { store_id } = store;
      const troubles: Troubles = new Map();
      const look = () => sweep.page(store, before.get(store_id)?.lastEventAt ?? 0, note);
      // What one store's slice meets stands in nobody's way.
      await forEachStore([store_id], troubles, look, { blameAnyway: true });
      for (const [, error] of troubles) {
        logger.error({ err: error, store_id }, 'a slice of the daily sweep could not be looked at');
        await sweep.skip(store);
      }
    } while (performance.now() < end);
  };
export type SweepTurns = ReturnType<typeof createSweepTurns>;
