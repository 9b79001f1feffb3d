import type { AggregatorConfig } from '@cartledger/aggregator';
import type { Store as Shop } from '@cartledger/control';
import type { Hasher } from '@cartledger/events';
import { z } from 'zod';
import { keptEventOf } from './oracle/kept-event.ts';
import { judgeLedgers } from './oracle/ledger.ts';
import { watchPublished } from './oracle/published.ts';
import { identityOfRow } from './oracle/state.ts';
import type { Delivery, Truth } from './oracle/truth.ts';
import { ofStore } from './store/answers/sets.ts';
import type { Store } from './store/store.ts';
import { bool, int, text } from './store/value.ts';
import type { World } from './world/scheduler.ts';

const PAGES = [20_000, 2] as const;
const TOUCHES = [20_000, 3, 8] as const;
const EVENTS = [50_000, 6] as const;
const ROLLUPS_MS = [10_000, 0] as const;

/** Small bites in some seeds: several pages, parts and runs of what a shop of sixty events has. */
export const drawAggregation = (world: World): Partial<AggregatorConfig> => ({
  cron: '*/3 * * * * *',
  pageVisitors: PAGES[world.below(PAGES.length, 'visitors of a page')] ?? PAGES[0],
  maxTouches: TOUCHES[world.below(TOUCHES.length, 'touches of a run')] ?? TOUCHES[0],
  maxEvents: EVENTS[world.below(EVENTS.length, 'events at once')] ?? EVENTS[0],
  rollupEveryMs: ROLLUPS_MS[world.below(ROLLUPS_MS.length, 'rollups every')] ?? ROLLUPS_MS[0],
});

const HOUR_MS = 3_600_000;
const sweepPositions = z.record(z.string(), z.object({ at: z.int() }));

/** What the aggregator makes of a seed's events: when it is through, and whether it is right. */
export const createAggregation = (
  world: World,
  {
    store,
    shops,
    truth,
    hasher,
    isJudging,
  }: { store: Store; shops: ReadonlyMap<string, Shop>; truth: Truth; hasher: Hasher; isJudging: boolean },
) => {
  const keptOf = (store_id: string): Delivery[] =>
    store
      .table('events')
      .final()
      .filter(ofStore(store_id))
      .flatMap((row) => truth.find(identityOfRow(row)) ?? [])
      .filter(({ verdict }) => verdict === 'good');
  if (isJudging) watchPublished(world, { tables: store, shopOf: (id) => shops.get(id), keptOf, hasher });

  let swept: Readonly<Record<string, { at: number }>> = {};
  world.on('noted', ({ name, value }) => {
    if (name === 'aggregator/sweep') swept = sweepPositions.parse(value);
  });

  /** What holds back the end, in words; null: nothing is left to be done. */
  const waitsFor = (): string | null => {
    const done = new Set(
      store
        .table('touched_batches_done')
        .raw()
        .map((row) => text(row, 'batch_id')),
    );
    const pending = store
      .table('touches')
      .raw()
      .find((row) => !done.has(text(row, 'batch_id')));
    if (pending !== undefined) return `batch ${text(pending, 'batch_id')} is in no ledger yet`;
    const dirty = store
      .table('dirty_days')
      .final()
      .find((row) => bool(row, 'dirty'));
    if (dirty !== undefined) return `${text(dirty, 'day')} of ${text(dirty, 'store_id')} is dirty`;
    const hour = Math.floor(world.now() / HOUR_MS) * HOUR_MS;
    for (const { store_id } of shops.values()) {
      const last = Math.max(0, ...keptOf(store_id).map(({ entry }) => entry.appendedAt));
      const [state] = store.table('store_state').final().filter(ofStore(store_id));
      if (last > 0 && (state === undefined || int(state, 'as_of') <= last))
        return `${store_id} is not told of up to ${last}`;
      if ((swept[store_id]?.at ?? 0) < hour) return `${store_id} is not swept`;
    }
    return null;
  };

  return {
    waitsFor,
    judge: (isSwept: boolean): void =>
      judgeLedgers(world.fail, {
        tables: store,
        shops: [...shops.values()],
        eventsOf: (store_id) => keptOf(store_id).map(keptEventOf),
        hasher,
        isSwept,
      }),
  };
};
