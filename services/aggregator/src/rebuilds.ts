import { bigInteger, type ClickHouse, defineQuery, integer } from '@cartledger/clickhouse';
import type { Store } from '@cartledger/control';
import { z } from 'zod';
import type { Calendars } from './calendars.ts';
import type { DirtyDays } from './dirty-days.ts';
import type { JobState } from './job-state.ts';
import type { Lease } from './lease.ts';
import type { Ledger } from './ledger.ts';
import type { Note, Recompute } from './recompute.ts';
import type { Restatements } from './restatements.ts';
import type { Rollups } from './rollups.ts';
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
  begun_at: z.int().default(0),
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
  { pageSize }: { pageSize: number },
) => {
  const removeRest = async ({ store_id }: Store, before: bigint): Promise<void> => {
    while ((await ledger.removeBefore(store_id, before, pageSize)) > 0);
  };

  /** All rollups of the store anew, now that all its rows are of one making. */
  const rollAll = async (store: Store, job: Rebuild, published: StoreState | undefined, lastEventAt: number) => {
    const { store_id, definition } = store;
    await dirtyDays.markAll(store_id);
    const dirty = (await dirtyDays.list()).filter((each) => each.store_id === store_id);
    await rollups.roll(store, dirty, {
      settledAt: published?.lastEventAt ?? 0,
      restated:
        published && job.cause !== 'time_zone'
          ? {
              comparedAt: Math.max(published.asOf, lastEventAt),
              cause: job.cause === 'definition' ? job.cause : null,
            }
          : null,
      enough: () => false,
    });
    if (job.cause !== 'time_zone') return;
    const day = calendarOf(definition.time_zone).dayOf(job.begun_at);
    const change = { day, since: BigInt(job.first_version), from: job.from_zone, to: definition.time_zone };
    await restatements.zoneChanged(store_id, change);
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
    async begin(
      running: RebuildJobs,
      { store_id, definition }: Store,
      published: StoreState | undefined,
    ): Promise<RebuildJobs> {
      await lease.confirm();
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
          begun_at: now(),
        },
      };
      await state.set(STATE, begun);
      return begun;
    },

    /** Does the next page of the store's rebuild; answers the jobs that are left. */
    async advance(
      running: RebuildJobs,
      store: Store,
      published: StoreState | undefined,
      note: Note,
    ): Promise<Advanced> {
      const { store_id } = store;
      const { [store_id]: mine, ...others } = running;
      if (!mine) return { running, visitors: 0, lastEventAt: null };
      const from = BigInt(mine.from);
      const page = await clickhouse.query(visitorsFrom, { store_id, from, limit: pageSize });
      const touches = new Map(page.map((row) => [row.visitor_hash, []]));
      await recompute([{ store, touches }], {
        force: true,
        from,
        note,
      });
      const last = page.at(-1);
      const finished = !last || page.length < pageSize || last.visitor_hash === LARGEST;
      if (finished) await removeRest(store, BigInt(mine.first_version));
      const [latest] = finished ? await clickhouse.query(lastEvent, { store_id }) : [];
      if (finished) await rollAll(store, mine, published, latest?.at ?? 0);
      const left = finished ? others : { ...running, [store_id]: { ...mine, from: `${last.visitor_hash + 1n}` } };
      await state.set(STATE, left);
      return { running: left, visitors: page.length, lastEventAt: finished ? (latest?.at ?? 0) : null };
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
