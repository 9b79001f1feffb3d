import type { ClickHouse } from '@cartledger/clickhouse';
import type { Control, Store } from '@cartledger/control';
import { DAY_MS, firstDayFrom } from '@cartledger/funnel';
import { createForget, createRetire, MAX_ERASED_VISITORS } from '@cartledger/history';
import type { Logger } from '@cartledger/service';
import { z } from 'zod';
import { codeOf, forEachStore, type Troubles } from './attempt.ts';
import type { Calendars } from './calendars.ts';
import type { DirtyDays } from './dirty-days.ts';
import { type Horizons, KEPT_ALL } from './horizons.ts';
import type { JobState } from './job-state.ts';
import type { AggregatorMetrics } from './metrics.ts';
import type { StoreState } from './store-states.ts';

const STATE = 'aggregator/retention';

const job = z.object({
  /** ms UTC: the horizon that it removes by. */
  before: z.int(),
  /** Who goes is gathered from this visitor on; null: all are, and are being removed. */
  from: z.string().regex(/^\d+$/).nullable(),
  visitors: z.int(),
  events: z.int(),
});
type Job = z.output<typeof job>;
type Jobs = Record<string, Job>;
const stored = z.record(z.string(), job).nullable();

/** How long a store whose removal failed is left alone. */
const TRY_AGAIN_MS = 3_600_000;

/** From when on everything is kept, ms UTC, by what a store says and what was taken in; null: all is kept for ever. */
export const horizonOf = (
  { retention_days, time_zone }: Store['definition'],
  asOf: number,
  calendarOf: Calendars,
): number | null => {
  if (retention_days === null) return null;
  const calendar = calendarOf(time_zone);
  return calendar.dayStart(calendar.dayOf(asOf - retention_days * DAY_MS));
};

/**
 * Removes who was last heard of longer ago than a store keeps (docs/retention.md), once a local day, a step of a store a run:
 * `horizon moved -> published by store_state -> announced -> gathered, page by page -> removed, table by table -> touched, who
 * has come back meanwhile -> forgotten who was gathered`. Killed anywhere, the step in hand is done again. The days before the
 * horizon are frozen before anything of them goes, so no figure moves by what is removed, in whatever order.
 */
export const createRetention = (
  deps: {
    clickhouse: ClickHouse;
    state: JobState;
    horizons: Horizons;
    dirtyDays: DirtyDays;
    calendarOf: Calendars;
    erasures: Pick<Control['erasures'], 'restatedDays'>;
    newId: () => string;
    logger: Logger;
    metrics: AggregatorMetrics;
  },
  { pageVisitors, maxComponentEvents }: { pageVisitors: number; maxComponentEvents: number },
) => {
  const { clickhouse, state, horizons, dirtyDays, calendarOf, erasures, newId, logger, metrics } = deps;
  const retire = createRetire(clickhouse);
  const forget = createForget(clickhouse);
  const notBefore = new Map<string, number>();

  const read = async (): Promise<Jobs> => stored.parse(await state.get(STATE)) ?? {};
  /** null: there is nothing left to do. */
  const note = async (store_id: string, mine: Job | null): Promise<void> => {
    const { [store_id]: _, ...others } = await read();
    await state.set(STATE, mine === null ? others : { ...others, [store_id]: mine });
  };

  /** Figures of the days that are about to be frozen still move, and are to be told of. */
  const isUnsettled = async (store_id: string, keptFrom: string): Promise<boolean> => {
    const dirty = await dirtyDays.list();
    if (dirty.some((each) => each.store_id === store_id && each.day < keptFrom)) return true;
    const erased = (await erasures.restatedDays()).get(store_id) ?? new Set();
    return [...erased].some((day) => day < keptFrom && day >= horizons.keptFrom(store_id));
  };

  const wanted = ({ definition }: Store, published: StoreState, now: number): number | null =>
    horizonOf(definition, Math.min(now, published.asOf), calendarOf);

  const begin = async (store: Store, published: StoreState, now: number): Promise<void> => {
    const { store_id } = store;
    const before = wanted(store, published, now);
    if (before === null || before <= horizons.of(store_id)) return;
    // Before the horizon: one without a job would be left until it moves again.
    await note(store_id, { before, from: '0', visitors: 0, events: 0 });
  };

  const goOn = async (store: Store, mine: Job, published: StoreState, now: number): Promise<void> => {
    const { store_id } = store;
    if (horizons.of(store_id) < mine.before) {
      // Nothing is frozen yet, and it may be long ago that this was noted: what the store says now counts.
      const before = wanted(store, published, now);
      if (before === null || before < mine.before) return note(store_id, null);
      const calendar = calendarOf(store.definition.time_zone);
      if (!(await isUnsettled(store_id, firstDayFrom(calendar, mine.before)))) await horizons.move(store, mine.before);
      return;
    }
    const kept_from = horizons.keptFrom(store_id);
    // Reports have to say first that there are no more details of these days.
    if (published.keptFrom < kept_from) return;
    const of = { store_id, before: mine.before, kept_from };
    if (mine.from !== null) {
      if (mine.from === '0') {
        // What somebody whose lease had run out may have left there.
        if ((await retire.empty(store_id)) === 'under_way') return;
        // A report that began before is read anew.
        await dirtyDays.announce(store_id, kept_from);
      }
      const { visitors, events, next } = await retire.gather(of, BigInt(mine.from), pageVisitors, maxComponentEvents);
      await note(store_id, {
        ...mine,
        from: next === null ? null : `${next}`,
        visitors: mine.visitors + visitors,
        events: mine.events + events,
      });
      return;
    }
    if ((await retire.remove(of)) === 'under_way') return;
    const back = await retire.back(store_id);
    for (let at = 0; at < back.length; at += MAX_ERASED_VISITORS)
      await forget.touch({ store_id, visitors: back.slice(at, at + MAX_ERASED_VISITORS) }, newId());
    if ((await retire.empty(store_id)) === 'under_way') return;
    await note(store_id, null);
    metrics.retiredVisitors.inc(mine.visitors);
    metrics.retiredEvents.inc(mine.events);
    const { visitors, events } = mine;
    const before = new Date(mine.before).toISOString();
    logger.info(
      { store_id, kept_from, before, visitors, events },
      'removed who was last heard of longer ago than is kept',
    );
  };

  return {
    /**
     * A step of each store that is due, unless a backlog is being taken in (`isIdle` false). `stores`: whose ledgers are in
     * order; `before`: as readers know them. Answers of which stores something is being removed: rows without events are
     * to be expected there. Not those whose removal has failed and is left alone: that may last.
     */
    async run(
      stores: readonly Store[],
      { before, time: now, isIdle }: { before: ReadonlyMap<string, StoreState>; time: number; isIdle: boolean },
    ): Promise<ReadonlySet<string>> {
      const keeps = ({ store_id, definition }: Store): boolean =>
        definition.retention_days !== null || horizons.keptFrom(store_id) !== KEPT_ALL;
      if (!stores.some(keeps)) return new Set();
      const jobs = await read();
      const removing = new Set<string>();
      const troubles: Troubles = new Map();
      for (const store of stores) {
        const { store_id } = store;
        const published = before.get(store_id);
        const mine = jobs[store_id];
        if (!(mine || keeps(store)) || !published || now < (notBefore.get(store_id) ?? 0)) continue;
        if (mine?.from === null) removing.add(store_id);
        if (!isIdle) continue;
        const step = () => (mine ? goOn(store, mine, published, now) : begin(store, published, now));
        await forEachStore([store_id], troubles, step, { blameAnyway: true });
      }
      for (const [store_id, error] of troubles) {
        removing.delete(store_id);
        notBefore.set(store_id, now + TRY_AGAIN_MS);
        metrics.retentionFailures.inc({ code: codeOf(error) });
        logger.error({ err: error, store_id }, 'retention of a store could not go on; tried again in an hour');
      }
      return removing;
    },
  };
};
export type Retention = ReturnType<typeof createRetention>;
