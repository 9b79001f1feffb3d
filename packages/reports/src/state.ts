import { type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import { z } from 'zod';
import { type DirtyDays, ROLLUPS, type Rollup } from './days/dirty.ts';
import { ReportError } from './errors.ts';
import type { ReportQuery } from './query.ts';

const count = z.coerce.number();
const version = z.coerce.bigint();

/**
 * One row. `announced` grows before each write to the store's ledgers of the days watched and after each rollup of them,
 * `written` with each write to one of them that is dirty: while both stay, nothing that is read of these days has moved.
 */
const storeState = defineQuery({
  name: 'store_state',
  sql: `
    SELECT
      (SELECT groupArray((toUnixTimestamp64Milli(as_of), toUnixTimestamp64Milli(last_event_at), definition_version))
        FROM store_state FINAL WHERE store_id = {store_id:String}) AS states,
      (SELECT count() > 0 FROM dirty_days WHERE store_id = {store_id:String}) AS has_rollups,
      (SELECT max(version) FROM dirty_days
        WHERE store_id = {store_id:String} AND day BETWEEN {from:Date32} AND {to:Date32}) AS announced,
      (SELECT arraySort(groupArray((toString(day), toString(rollup))))
        FROM dirty_days FINAL WHERE store_id = {store_id:String} AND dirty) AS dirty,
      (SELECT toUnixTimestamp64Milli(max(settled_at)) FROM cart_days WHERE store_id = {store_id:String}) AS carts_settled_at,
      (SELECT (max(version), max(definition_version)) FROM ledger_rows
        WHERE store_id = {store_id:String} AND kind IN ('journey', 'cart', 'order', 'refund')
          AND day BETWEEN {from:Date32} AND {to:Date32}
          AND day IN (SELECT day FROM dirty_days FINAL WHERE store_id = {store_id:String} AND dirty)) AS written`,
  params: z.object({ store_id: z.string(), from: z.string(), to: z.string() }),
  row: z.object({
    states: z.array(z.tuple([count, count, count])),
    has_rollups: z.coerce.boolean(),
    announced: version,
    dirty: z.array(z.tuple([z.string(), z.enum(ROLLUPS)])),
    carts_settled_at: count,
    written: z.tuple([version, count]),
  }),
});

export type StoreState = {
  /** ms UTC; null when nothing has been taken in yet. */
  asOf: number | null;
  lastEventAt: number;
  /** By which version the ledgers were made throughout. */
  definitionVersion: number | null;
  dirty: DirtyDays;
  /** The rollups of carts say nothing about an earlier T, which is asked for while the ledgers move on. */
  cartsSettledAt: number;
  /** Some rows are made by a newer version already. */
  isRebuilding: boolean;
  /** Of a store whose days were never announced there are none. */
  hasRollups: boolean;
  announced: bigint;
  written: bigint;
};

/** Days whose writes matter to a report: it may read others, of which nothing that is written changes what it says. */
export type Watched = { from: string; to: string };
export const FIRST_DAY = '1900-01-01';
const LAST_DAY = '2299-12-31';
export const ALL_DAYS: Watched = { from: FIRST_DAY, to: LAST_DAY };

export const readState = async (
  clickhouse: ClickHouse,
  store_id: string,
  { from, to }: Watched = ALL_DAYS,
): Promise<StoreState> => {
  const [row] = await clickhouse.query(storeState, { store_id, from, to });
  const [asOf, lastEventAt, definitionVersion] = row?.states[0] ?? [null, 0, null];
  const [written, writtenBy] = row?.written ?? [0n, 0];
  const daysOf = (rollup: Rollup): string[] => (row?.dirty ?? []).filter(([, of]) => of === rollup).map(([day]) => day);
  return {
    asOf,
    lastEventAt,
    definitionVersion,
    dirty: { funnel: daysOf('funnel'), cart: daysOf('cart'), order: daysOf('order') },
    cartsSettledAt: row?.carts_settled_at ?? 0,
    isRebuilding: definitionVersion !== null && writtenBy > definitionVersion,
    hasRollups: row?.has_rollups ?? false,
    announced: row?.announced ?? 0n,
    written,
  };
};

/** Where a report stands. */
export type Standing = {
  /** T, ms UTC. */
  asOf: number;
  /** By which version the ledgers were made throughout; null when nothing has been taken in. */
  definitionVersion: number | null;
};

/** The T of a report. Throws ReportError `not_ready` | `bad_as_of`. */
export const standingOf = (
  { asOf, lastEventAt, definitionVersion }: StoreState,
  { store_id, as_of }: ReportQuery,
): Standing => {
  if (asOf === null) {
    if (as_of !== undefined) return { asOf: as_of, definitionVersion: null };
    throw new ReportError(
      'not_ready',
      null,
      `nothing of store ${store_id} has been taken in yet; try again in a few seconds`,
    );
  }
  if (as_of === undefined) return { asOf, definitionVersion };
  if (as_of >= lastEventAt) return { asOf: as_of, definitionVersion };
  const last = new Date(lastEventAt).toISOString();
  throw new ReportError(
    'bad_as_of',
    'as_of',
    `as_of is before the store's last event (${last}); give that or a later time`,
  );
};

export const readStanding = async (clickhouse: ClickHouse, query: ReportQuery): Promise<Standing> =>
  standingOf(await readState(clickhouse, query.store_id), query);

/** After a change of the definition, units are counted anew one after the other, and reports stand as before until all are. */
export const pendingWarning = (
  { definition }: ReportQuery,
  { definitionVersion }: Standing,
): { code: string; message: string }[] =>
  definitionVersion === null || definitionVersion === definition.version
    ? []
    : [
        {
          code: 'definition_pending',
          message: `Version ${definition.version} of the definition is being worked in: until that is done reports stand as version ${definitionVersion} counts, and lists may lack what is counted anew already.`,
        },
      ];
