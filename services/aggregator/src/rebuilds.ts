import { isDeepStrictEqual } from 'node:util';
import { bigInteger, type ClickHouse, defineQuery, integer } from '@cartledger/clickhouse';
import type { Store } from '@cartledger/control';
import { type Definition, type DefinitionVersion, versionInForce } from '@cartledger/funnel';
import { z } from 'zod';
import type { Calendars } from './calendars.ts';
import type { DirtyDays } from './dirty-days.ts';
import type { JobState } from './job-state.ts';
import type { Lease } from './lease.ts';
import type { Ledger } from './ledger.ts';
import type { Note, Recompute } from './recompute.ts';
import type { Restatements } from './restatements.ts';
import type { Rollups, ToRoll } from './rollups.ts';
import type { StoreState } from './store-states.ts';

const STATE = 'aggregator/rebuilds';

const bigintText = z.string().regex(/^\d+$/);
const job = z.object({
  definition_version: z.int(),
  /** What has a smaller version when all visitors are through is of units that are no more. */
  first_version: bigintText,
  /** The next page begins at this visitor; all smaller ones are through. */
  from: bigintText,
  /** What the ledgers that readers knew when it began were made by, if that was something else. */
  cause: z.enum(['definition', 'time_zone', 'none']).default('none'),
  from_zone: z.string().default(''),
  from_version: z.int().default(0),
  begun_at: z.int().default(0),
  /** All rows are of one making: what is left are the rollups of the days that are dirty. */
  rolling: z.boolean().default(false),
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
  /** When it was the last page: the latest event of all; 0 when there is none. */
  lastEventAt: number | null;
};

/** Of all history: what earlier pages met is not remembered. */
const lastEvent = defineQuery({
  name: 'rebuild.last_event',
  sql: `
    SELECT toUnixTimestamp64Milli(max(event_time)) AS at
    FROM events FINAL
    WHERE store_id = {store_id:String}
    SETTINGS do_not_merge_across_partitions_select_final = 1`,
  params: z.object({ store_id: z.string() }),
  row: z.object({ at: integer }),
});

const visitorsFrom = defineQuery({
  name: 'rebuild.visitors',
  sql: `
    SELECT DISTINCT visitor_hash
    FROM events
    WHERE store_id = {store_id:String} AND visitor_hash >= {from:UInt64}
    ORDER BY visitor_hash
    LIMIT {limit:UInt32}`,
  params: z.object({ store_id: z.string(), from: z.bigint(), limit: z.int() }),
  row: z.object({ visitor_hash: bigInteger }),
});

const visitorsOfStores = defineQuery({
  name: 'rebuild.counts',
  sql: `
    SELECT store_id, uniqExact(visitor_hash) AS visitors
    FROM events
    WHERE store_id IN {stores:Array(String)}
    GROUP BY store_id`,
  params: z.object({ stores: z.array(z.string()) }),
  row: z.object({ store_id: z.string(), visitors: integer }),
});

const LARGEST = 2n ** 64n - 1n;

/** As they were when a version was the newest. */
const versionsUpTo = ({ versions }: Store, version: number): DefinitionVersion[] =>
  versions.filter(({ definition }) => definition.version <= version);

/** What says how a unit is made, of the version in force on its day; and what of the newest holds for all history. */
const OF_UNITS = ['stages', 'stage_predicates', 'funnels', 'idle_ms', 'abandon_ms', 'recovery_ms'] as const;
const OF_STORE = ['currency', 'tie_tolerance_ms', 'max_age_days'] as const;

const differ = (fields: readonly (keyof Definition)[], a: Definition, b: Definition): boolean =>
  fields.some((field) => !isDeepStrictEqual(a[field], b[field]));

/** `definition` on the days that another definition than before is in force on: all else that moves has its own cause. */
const causesOf = (store: Store, version: number): ((day: string) => 'definition' | null) => {
  const before = versionsUpTo(store, version);
  const newest = before.at(-1);
  if (!newest || differ(OF_STORE, newest.definition, store.definition)) return () => 'definition';
  return (day) =>
    differ(OF_UNITS, versionInForce(before, day), versionInForce(store.versions, day)) ? 'definition' : null;
};

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
    calendarOf: Calendars;
    now: () => number;
  },
  { pageSize, rollupMs }: { pageSize: number; rollupMs: number },
) => {
  const removeRest = async ({ store_id }: Store, before: bigint): Promise<void> => {
    while ((await ledger.removeBefore(store_id, before, pageSize)) > 0);
  };

  /** Rollups of the store's dirty days, for a bounded time but some at least; answers how many days are left. */
  const roll = async (toRoll: Omit<ToRoll, 'days'>): Promise<number> => {
    const dirty = (await dirtyDays.list()).filter(({ store_id }) => store_id === toRoll.store.store_id);
    const end = performance.now() + rollupMs;
    let left = dirty.length;
    for await (const days of rollups.stepsOf(dirty)) {
      if (left < dirty.length && performance.now() >= end) break;
      await rollups.roll([{ ...toRoll, days }]);
      left -= days.length;
    }
    return left;
  };

  /** What moved before is told as what it was: late events are none of the new definition's. */
  const rollPending = async (store: Store, { definitionVersion, asOf, lastEventAt }: StoreState): Promise<void> => {
    const versions = versionsUpTo(store, definitionVersion);
    const newest = versions.at(-1);
    if (!newest) return;
    await roll({
      store: { ...store, definition: newest.definition, versions },
      settledAt: lastEventAt,
      restated: { comparedAt: Math.max(asOf, lastEventAt), causeOf: () => null },
    });
  };

  /** Some of the rollups anew, now that all rows are of one making; answers how many days are left. */
  const rollAnew = async (store: Store, job: Rebuild, published: StoreState | undefined, latest: number) => {
    const { store_id, definition } = store;
    const comparedAt = Math.max(published?.asOf ?? 0, published?.lastEventAt ?? 0, job.last_event_at, latest);
    const causeOf = job.cause === 'definition' ? causesOf(store, job.from_version) : () => null;
    const left = await roll({
      store,
      settledAt: published?.lastEventAt ?? 0,
      restated: published && job.cause !== 'time_zone' ? { comparedAt, causeOf } : null,
    });
    if (left > 0 || job.cause !== 'time_zone') return left;
    const day = calendarOf(definition.time_zone).dayOf(job.begun_at);
    const change = { day, since: BigInt(job.first_version), from: job.from_zone, to: definition.time_zone };
    await restatements.zoneChanged(store_id, change);
    return left;
  };

  return {
    async read(): Promise<RebuildJobs> {
      return jobs.parse(await state.get(STATE)) ?? {};
    },

    /** How many visitors each of the stores has. */
    async visitors(stores: readonly string[]): Promise<Map<string, number>> {
      const rows = stores.length === 0 ? [] : await clickhouse.query(visitorsOfStores, { stores: [...stores] });
      return new Map(rows.map((row) => [row.store_id, row.visitors]));
    },

    /** Begins one, or begins it anew. */
    async begin(running: RebuildJobs, store: Store, published: StoreState | undefined): Promise<RebuildJobs> {
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
          cause: zoneChanged ? 'time_zone' : versionChanged ? 'definition' : 'none',
          from_zone: published?.timeZone ?? '',
          from_version: published?.definitionVersion ?? 0,
          begun_at: now(),
          rolling: false,
          last_event_at: 0,
        },
      };
      await state.set(STATE, begun);
      return begun;
    },

    /**
     * Does the next page of the store's rebuild, or, when all are through, the rollups of as many days as there is time
     * for; answers the jobs that are left. `latest`: of the events that this run has met.
     */
    async advance(
      running: RebuildJobs,
      store: Store,
      published: StoreState | undefined,
      { note, latest }: { note: Note; latest: number },
    ): Promise<Advanced> {
      const { store_id } = store;
      const { [store_id]: mine, ...others } = running;
      if (!mine) return { running, visitors: 0, lastEventAt: null };
      if (mine.rolling) {
        const left = await rollAnew(store, mine, published, latest);
        // As good as a page: others have their turn.
        if (left > 0) return { running, visitors: pageSize, lastEventAt: null };
        await state.set(STATE, others);
        return { running: others, visitors: 0, lastEventAt: mine.last_event_at };
      }
      const from = BigInt(mine.from);
      const page = await clickhouse.query(visitorsFrom, { store_id, from, limit: pageSize });
      const touches = new Map(page.map((row) => [row.visitor_hash, []]));
      await recompute([{ store, touches }], { force: true, from, note });
      const last = page.at(-1);
      const goesOn = last && page.length === pageSize && last.visitor_hash !== LARGEST;
      let next: Rebuild = mine;
      if (goesOn) next = { ...mine, from: `${last.visitor_hash + 1n}` };
      else {
        await removeRest(store, BigInt(mine.first_version));
        await dirtyDays.markAll(store_id);
        const [all] = await clickhouse.query(lastEvent, { store_id });
        next = { ...mine, rolling: true, last_event_at: all?.at ?? 0 };
      }
      const left = { ...running, [store_id]: next };
      await state.set(STATE, left);
      return { running: left, visitors: page.length, lastEventAt: null };
    },

    /** Forgets the rebuild of a store that is no more. */
    async drop(running: RebuildJobs, store_id: string): Promise<RebuildJobs> {
      const { [store_id]: _, ...left } = running;
      await state.set(STATE, left);
      return left;
    },
  };
};
export type Rebuilds = ReturnType<typeof createRebuilds>;
