import { type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import { areCountedAlike, createCalendar } from '@cartledger/funnel';
import { z } from 'zod';
import { type DirtyDays, ROLLUPS, type Rollup } from './days/dirty.ts';
import { ReportError } from './errors.ts';
import type { ReportQuery } from './query.ts';

const count = z.coerce.number();
const version = z.coerce.bigint();

const watchedDays = z.object({ store_id: z.string(), from: z.string(), to: z.string() });

/**
 * One row. `announced` grows before each write to the store's ledgers of the days watched and after each rollup of them,
 * `written` (of the next query) with each write to one of them that is dirty: while both stay, nothing that is read of
 * these days has moved. Each scalar subquery costs 2 to 3 ms whatever it reads, which is most of what a report of counts
 * takes: `written` is asked for only when a day is dirty, and the check afterwards asks for the versions alone.
 */
const storeState = defineQuery({
  name: 'store_state',
  sql: `
    SELECT
      (SELECT groupArray((toUnixTimestamp64Milli(as_of), toUnixTimestamp64Milli(last_event_at), definition_version, toString(kept_from)))
        FROM store_state FINAL WHERE store_id = {store_id:String}) AS states,
      (SELECT toUnixTimestamp64Milli(max(settled_at)) FROM cart_days WHERE store_id = {store_id:String}) AS carts_settled_at,
      count() > 0 AS has_rollups,
      maxIf(version, day BETWEEN {from:Date32} AND {to:Date32}) AS announced,
      arraySort(groupArrayIf((toString(day), toString(dirty_days.rollup)), dirty)) AS behind
    FROM dirty_days FINAL
    WHERE store_id = {store_id:String}`,
  params: watchedDays,
  row: z.object({
    states: z.array(z.tuple([count, count, count, z.string()])),
    carts_settled_at: count,
    has_rollups: z.coerce.boolean(),
    announced: version,
    behind: z.array(z.tuple([z.string(), z.enum(ROLLUPS)])),
  }),
});

const announcedQuery = defineQuery({
  name: 'announced',
  sql: `
    SELECT max(version) AS announced FROM dirty_days
    WHERE store_id = {store_id:String} AND day BETWEEN {from:Date32} AND {to:Date32}`,
  params: watchedDays,
  row: z.object({ announced: version }),
});

const writtenQuery = defineQuery({
  name: 'written',
  sql: `
    SELECT max(version) AS written FROM ledger_rows
    WHERE store_id = {store_id:String} AND kind IN ('journey', 'cart', 'order', 'refund') AND day IN {days:Array(Date32)}`,
  params: z.object({ store_id: z.string(), days: z.array(z.string()) }),
  row: z.object({ written: version }),
});

export type StoreState = {
  /** ms UTC; null when nothing has been taken in yet. */
  asOf: number | null;
  lastEventAt: number;
  /** By which version the ledgers were made throughout. */
  definitionVersion: number | null;
  /** The first day of which retention has removed nothing. */
  keptFrom: string;
  dirty: DirtyDays;
  /** The rollups of carts say nothing about an earlier T, which is asked for while the ledgers move on. */
  cartsSettledAt: number;
  /** Of a store whose days were never announced there are none. */
  hasRollups: boolean;
  announced: bigint;
  written: bigint;
  /** Days watched on which some rollup is behind. */
  watchedBehind: readonly string[];
};

/** Days whose writes matter to a report: it may read others, of which nothing that is written changes what it says. */
export type Watched = { from: string; to: string };
export const FIRST_DAY = '1900-01-01';
const LAST_DAY = '2299-12-31';
export const ALL_DAYS: Watched = { from: FIRST_DAY, to: LAST_DAY };

/** What has been written on those of the days watched that are dirty. */
const readWritten = async (clickhouse: ClickHouse, store_id: string, days: readonly string[]): Promise<bigint> => {
  if (days.length === 0) return 0n;
  return (await clickhouse.query(writtenQuery, { store_id, days: [...days] }))[0]?.written ?? 0n;
};

export const readState = async (
  clickhouse: ClickHouse,
  store_id: string,
  { from, to }: Watched = ALL_DAYS,
): Promise<StoreState> => {
  const [row] = await clickhouse.query(storeState, { store_id, from, to });
  const [asOf, lastEventAt, definitionVersion, keptFrom] = row?.states[0] ?? [null, 0, null, FIRST_DAY];
  // Rollups of days before are frozen, and all there is.
  const behind = row?.behind.filter(([day]) => day >= keptFrom) ?? [];
  const watchedBehind = [...new Set(behind.map(([day]) => day).filter((day) => from <= day && day <= to))];
  const written = await readWritten(clickhouse, store_id, watchedBehind);
  const daysOf = (rollup: Rollup): string[] => behind.filter(([, of]) => of === rollup).map(([day]) => day);
  return {
    asOf,
    lastEventAt,
    definitionVersion,
    keptFrom,
    dirty: { funnel: daysOf('funnel'), cart: daysOf('cart'), order: daysOf('order') },
    cartsSettledAt: row?.carts_settled_at ?? 0,
    hasRollups: row?.has_rollups ?? false,
    announced: row?.announced ?? 0n,
    written,
    watchedBehind,
  };
};

/** Nothing has been written on the days watched since `state` was read. */
export const hasStoodStill = async (
  clickhouse: ClickHouse,
  store_id: string,
  { from, to }: Watched,
  state: StoreState,
): Promise<boolean> => {
  // As long as nothing is announced, the same days are dirty.
  const [[row], written] = await Promise.all([
    clickhouse.query(announcedQuery, { store_id, from, to }),
    readWritten(clickhouse, store_id, state.watchedBehind),
  ]);
  return row?.announced === state.announced && written === state.written;
};

/**
 * The T of a report, ms UTC. Throws ReportError `not_ready` | `recounting` | `bad_as_of`: while the ledgers are being made
 * anew by another definition some rows count by the one and some by the other, and no figure would be of either.
 */
export const standingOf = (
  { asOf, lastEventAt, definitionVersion }: StoreState,
  { store_id, definition, versions, as_of }: ReportQuery,
): number => {
  if (asOf === null || definitionVersion === null)
    throw new ReportError(
      'not_ready',
      null,
      `nothing of store ${store_id} has been taken in yet; try again in a few seconds`,
    );
  const lastDay = createCalendar(definition.time_zone).dayOf(lastEventAt);
  const isMade =
    definitionVersion === definition.version || areCountedAlike(versions ?? [], definitionVersion, lastDay);
  if (!isMade)
    throw new ReportError(
      'recounting',
      null,
      `version ${definition.version} of the definition of store ${store_id} is being worked in: everything is being counted anew; try again in a few seconds`,
    );
  if (as_of === undefined) return asOf;
  if (as_of >= lastEventAt) return as_of;
  const last = new Date(lastEventAt).toISOString();
  throw new ReportError(
    'bad_as_of',
    'as_of',
    `as_of is before the store's last event (${last}); give that or a later time`,
  );
};
