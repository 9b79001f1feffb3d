import type { ClickHouse } from '@cartledger/clickhouse';
import type { Control, Store } from '@cartledger/control';
import { visitorsFrom } from '@cartledger/history';
import { z } from 'zod';
import type { Calendars } from './calendars.ts';
import { type DirtyDay, type DirtyDays, ROLLUPS } from './dirty-days.ts';
import type { JobState } from './job-state.ts';
import type { Lease } from './lease.ts';
import type { Ledger } from './ledger.ts';
import { causesOf, versionsUpTo } from './rebuild-causes.ts';
import { forgottenStores, lastEvent } from './rebuild-queries.ts';
import type { Note, Recompute } from './recompute.ts';
import type { Restatements } from './restatements.ts';
import type { Rollups, ToRoll } from './rollups.ts';
import type { StoreState } from './store-states.ts';

const STATE = 'aggregator/rebuilds';

const bigintText = z.string().regex(/^\d+$/);
const day = z.object({ rollup: z.enum(ROLLUPS), day: z.string() });
const job = z.object({
  definition_version: z.int(),
  /** What has a smaller version when all visitors are through is of units that are no more. */
  first_version: bigintText,
  /** The next page begins at this visitor; all smaller ones are through. */
  from: bigintText,
  /**
   * A visitor with rows of an earlier page. When they are gone the ledgers have been emptied meanwhile, and it begins anew; so
   * it does, once and for nothing, when just that visitor was erased.
   */
  witness: bigintText.nullable().default(null),
  /** Pending batches bring all visitors of the store, which is new: no page is made, and no reader sees it half full. */
  by_backlog: z.boolean().default(false),
  /** What the ledgers that readers knew when it began were made by, if that was something else. */
  cause: z.enum(['definition', 'time_zone', 'none']).default('none'),
  from_zone: z.string().default(''),
  from_version: z.int().default(0),
  begun_at: z.int().default(0),
  /**
   * Once all rows are of one making: the days whose rollups have not been made since. What gets dirty meanwhile is not
   * among them: else a busy store would never be through.
   */
  days_left: z.array(day).nullable().default(null),
  /** Of all history, as the rollups were begun. */
  last_event_at: z.int().default(0),
});
type Rebuild = z.output<typeof job>;
export type RebuildJobs = Record<string, Rebuild>;
const jobs = z.record(z.string(), job).nullable();

export type Advanced = {
  running: RebuildJobs;
  /** How many visitors the page had. */
  visitors: number;
  /** When it is through: the latest event of all; 0 when there is none. */
  lastEventAt: number | null;
};

const LARGEST = 2n ** 64n - 1n;

/**
 * Rebuilds of whole stores: page by page every visitor is recomputed and written, same or not, and in the end what
 * was not written again is removed. How far each is, is stored, so that a killed rebuild goes on where it was.
 */
export const createRebuilds = (
  {
    clickhouse,
    state,
    lease,
    ledger,
    recompute,
    dirtyDays,
    rollups,
    restatements,
    erasures,
    calendarOf,
    now,
  }: {
    clickhouse: ClickHouse;
    state: JobState;
    lease: Lease;
    ledger: Ledger;
    recompute: Recompute;
    dirtyDays: DirtyDays;
    rollups: Rollups;
    restatements: Restatements;
    erasures: Pick<Control['erasures'], 'restatedDays'>;
    calendarOf: Calendars;
    now: () => number;
  },
  { pageSize, rollupMs, cleanupAgeMs }: { pageSize: number; rollupMs: number; cleanupAgeMs: number },
) => {
  const edit = async (change: (all: RebuildJobs) => RebuildJobs): Promise<void> =>
    state.set(STATE, change(jobs.parse(await state.get(STATE)) ?? {}));

  const removeRest = async ({ store_id }: Store, before: bigint): Promise<void> => {
    while ((await ledger.removeBefore(store_id, before, pageSize)) > 0);
  };

  const dirtyDaysOf = async (store: Store): Promise<DirtyDay[]> =>
    (await dirtyDays.list()).filter(({ store_id }) => store_id === store.store_id);

  /** Rollups of dirty days of a store, for a bounded time but some at least; answers which are left. */
  const roll = async (toRoll: ToRoll): Promise<DirtyDay[]> => {
    const end = performance.now() + rollupMs;
    const left = new Set(toRoll.days);
    for await (const days of rollups.stepsOf(toRoll.days)) {
      if (left.size < toRoll.days.length && performance.now() >= end) break;
      await rollups.roll([{ ...toRoll, days }]);
      for (const each of days) left.delete(each);
    }
    return [...left];
  };

  /** Rebuilt or not, what an erasure moves is told as that. */
  const causeOfErasures = async ({ store_id }: Store): Promise<(day: string) => 'erasure' | null> => {
    const days = (await erasures.restatedDays()).get(store_id);
    return (day) => (days?.has(day) ? 'erasure' : null);
  };

  /** What moved before is told as what it was: late events are none of the new definition's. */
  const rollPending = async (store: Store, { definitionVersion, asOf, lastEventAt }: StoreState): Promise<void> => {
    const versions = versionsUpTo(store, definitionVersion);
    const newest = versions.at(-1);
    if (!newest) return;
    await roll({
      store: { ...store, definition: newest.definition, versions },
      days: await dirtyDaysOf(store),
      settledAt: lastEventAt,
      restated: { comparedAt: Math.max(asOf, lastEventAt), causeOf: await causeOfErasures(store) },
    });
  };

  /** Some of the rollups anew, now that all rows are of one making; answers which days are left. */
  const rollAnew = async (
    store: Store,
    job: Rebuild,
    published: StoreState | undefined,
    latest: number,
  ): Promise<z.output<typeof day>[]> => {
    const { store_id, definition } = store;
    const comparedAt = Math.max(published?.asOf ?? 0, published?.lastEventAt ?? 0, job.last_event_at, latest);
    const byDefinition = job.cause === 'definition' ? causesOf(store, job.from_version) : () => null;
    const byErasures = await causeOfErasures(store);
    const causeOf = (day: string) => byDefinition(day) ?? byErasures(day);
    const wanted = new Set(job.days_left?.map(({ rollup, day }) => `${rollup} ${day}`));
    const days = (await dirtyDaysOf(store)).filter(({ rollup, day }) => wanted.has(`${rollup} ${day}`));
    const left = await roll({
      store,
      days,
      settledAt: published?.lastEventAt ?? 0,
      restated: published && job.cause !== 'time_zone' ? { comparedAt, causeOf } : null,
    });
    if (left.length > 0 || job.cause !== 'time_zone') return left.map(({ rollup, day }) => ({ rollup, day }));
    const begunOn = calendarOf(definition.time_zone).dayOf(job.begun_at);
    const change = { day: begunOn, since: BigInt(job.first_version), from: job.from_zone, to: definition.time_zone };
    await restatements.zoneChanged(store_id, change);
    return [];
  };

  /** Where it goes on; from the beginning when what it had written is gone. */
  const unlessEmptied = async (store_id: string, next: Rebuild): Promise<Rebuild> => {
    const { witness } = next;
    if (witness === null || (await ledger.witness(store_id, [BigInt(witness)])) !== null) return next;
    return { ...next, from: '0', witness: null, by_backlog: false, days_left: null };
  };

  return {
    async read(): Promise<RebuildJobs> {
      return jobs.parse(await state.get(STATE)) ?? {};
    },

    /** Those of the stores that hold more than what is pending. */
    async forgotten(stores: readonly string[]): Promise<Set<string>> {
      if (stores.length === 0) return new Set();
      const rows = await clickhouse.query(forgottenStores, { stores: [...stores], before: now() - cleanupAgeMs });
      return new Set(rows.map((row) => row.store_id));
    },

    /** Begins one, or begins it anew. */
    async begin(
      running: RebuildJobs,
      store: Store,
      published: StoreState | undefined,
      { by_backlog = false }: { by_backlog?: boolean } = {},
    ): Promise<RebuildJobs> {
      // Begun anew, its ledgers are of no one definition.
      if (published && !(store.store_id in running)) await rollPending(store, published);
      await lease.confirm();
      const { store_id, definition } = store;
      const zoneChanged = published !== undefined && published.timeZone !== definition.time_zone;
      const versionChanged = published !== undefined && published.definitionVersion !== definition.version;
      const begun: RebuildJobs = {
        ...running,
        [store_id]: {
          definition_version: definition.version,
          first_version: `${lease.nextVersion()}`,
          from: '0',
          witness: null,
          by_backlog,
          cause: zoneChanged ? 'time_zone' : versionChanged ? 'definition' : 'none',
          from_zone: published?.timeZone ?? '',
          from_version: published?.definitionVersion ?? 0,
          begun_at: now(),
          days_left: null,
          last_event_at: 0,
        },
      };
      await state.set(STATE, begun);
      return begun;
    },

    /**
     * Does the next page of the store's rebuild (of one by backlog none: it is asked for when nothing else is pending), or, when all are through, the rollups of as many days as there is time
     * for; answers the jobs. One that is through is kept until `forget` is told, so that a process killed before readers
     * know of it has only that left to do. `latest`: of the events that this run has met.
     */
    async advance(
      running: RebuildJobs,
      store: Store,
      published: StoreState | undefined,
      { note, latest }: { note: Note; latest: number },
    ): Promise<Advanced> {
      const { store_id } = store;
      const mine = running[store_id];
      if (!mine) return { running, visitors: 0, lastEventAt: null };
      if (mine.days_left !== null) {
        const days_left = await rollAnew(store, mine, published, latest);
        const next = await unlessEmptied(store_id, { ...mine, days_left });
        const left = { ...running, [store_id]: next };
        await state.set(STATE, left);
        // As good as a page: others have their turn.
        if (next.days_left?.length !== 0) return { running: left, visitors: pageSize, lastEventAt: null };
        return { running: left, visitors: 0, lastEventAt: mine.last_event_at };
      }
      const from = BigInt(mine.from);
      const page = mine.by_backlog ? [] : await clickhouse.query(visitorsFrom, { store_id, from, limit: pageSize });
      const touches = new Map(page.map((row) => [row.visitor_hash, []]));
      await recompute([{ store, touches }], { force: true, from, note });
      const witness = mine.witness ?? (await ledger.witness(store_id, touches.keys()))?.toString() ?? null;
      const last = page.at(-1);
      const goesOn = last && page.length === pageSize && last.visitor_hash !== LARGEST;
      let next: Rebuild = mine;
      if (goesOn) next = { ...mine, witness, from: `${last.visitor_hash + 1n}` };
      else {
        await removeRest(store, BigInt(mine.first_version));
        await dirtyDays.markAll(store_id);
        const [all] = await clickhouse.query(lastEvent, { store_id });
        const days_left = (await dirtyDaysOf(store)).map(({ rollup, day }) => ({ rollup, day }));
        next = { ...mine, witness, days_left, last_event_at: all?.at ?? 0 };
      }
      const left = { ...running, [store_id]: await unlessEmptied(store_id, next) };
      await state.set(STATE, left);
      return { running: left, visitors: page.length, lastEventAt: null };
    },

    /**
     * While one by backlog waits for the last batch: one of those brought is its witness, for when the ledgers are emptied
     * meanwhile nothing brings the others again.
     */
    async awaitRest(running: RebuildJobs, { store_id }: Store, brought: Iterable<bigint>): Promise<RebuildJobs> {
      const mine = running[store_id];
      if (!mine) return running;
      const witness = mine.witness ?? (await ledger.witness(store_id, brought))?.toString() ?? null;
      const next = await unlessEmptied(store_id, { ...mine, witness });
      if (next.witness === mine.witness) return running;
      const left = { ...running, [store_id]: next };
      await state.set(STATE, left);
      return left;
    },

    /** Forgets the rebuilds of stores that are no more, or that readers know of. */
    async forget(stores: readonly string[]): Promise<void> {
      if (stores.length === 0) return;
      await edit((all) => Object.fromEntries(Object.entries(all).filter(([store_id]) => !stores.includes(store_id))));
    },

    /**
     * An event has been taken in while a rebuild of a store without a state is under way: else nobody would know of it
     * when the rebuild is through. To be told before its touches are done.
     */
    met: (store_id: string, at: number): Promise<void> =>
      edit((all) => {
        const mine = all[store_id];
        return mine ? { ...all, [store_id]: { ...mine, last_event_at: Math.max(mine.last_event_at, at) } } : all;
      }),
  };
};
export type Rebuilds = ReturnType<typeof createRebuilds>;
