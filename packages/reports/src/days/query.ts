import { type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import { z } from 'zod';
import type { StoreState } from '../state.ts';
import type { DaysWay, Rollup } from './dirty.ts';
import { DAYS_OF_LEDGER } from './of-ledger.ts';

/** Days read from the ledger: those listed, and all from `ledger_from` on; all of them between `dirty_from` and `dirty_to`. */
const dirtyParams = z.object({
  dirty: z.array(z.string()),
  dirty_from: z.string(),
  dirty_to: z.string(),
  ledger_from: z.string(),
});
const NO_DAY = '2299-12-31';

type Asked = {
  name: string;
  rollup: Rollup;
  /** Of a day's row. */
  columns: string;
  /** SQL besides store and period. */
  where?: string;
};

/**
 * A query over the rows of days, three times the same: over rollups alone, over rollups and, for the days on which they
 * are behind, the ledger, and over the ledger alone.
 */
export const defineDaysQuery = <P extends z.ZodObject, R extends z.ZodType>(
  { name, rollup, columns, where = 'true' }: Asked,
  sqlOf: (days: string) => string,
  params: P,
  row: R,
) => {
  const which = (from = 'from', to = 'to') =>
    `store_id = {store_id:String} AND day BETWEEN {${from}:Date32} AND {${to}:Date32}`;
  const rolledUp = `SELECT ${columns} FROM ${rollup}_days FINAL WHERE ${which()} AND ${where}`;
  const fromLedger = (rows: string) => `SELECT ${columns}
    FROM (${DAYS_OF_LEDGER[rollup]({ which: rows, settledAt: '{as_of:Int64}' })}) WHERE ${where}`;
  const isDirty = '(has({dirty:Array(Date32)}, day) OR day >= {ledger_from:Date32})';
  const ofLedger = rollup === 'cart' ? params.extend({ as_of: z.number() }) : params;

  const clean = defineQuery({ name, sql: sqlOf(`(${rolledUp})`), params, row });
  const mixed = defineQuery({
    name: `${name}_behind`,
    sql: sqlOf(
      `(${rolledUp} AND NOT ${isDirty} UNION ALL ${fromLedger(`${which('dirty_from', 'dirty_to')} AND ${isDirty}`)})`,
    ),
    params: ofLedger.extend(dirtyParams.shape),
    row,
  });
  const ledger = defineQuery({
    name: `${name}_of_ledger`,
    sql: sqlOf(`(${fromLedger(which())})`),
    params: ofLedger,
    row,
  });
  return { rollup, clean, mixed, ledger };
};

type DaysQuery<R extends z.ZodType> = {
  rollup: Rollup;
  clean: { name: string; sql: string; params: z.ZodObject; row: R };
  mixed: { name: string; sql: string; params: z.ZodObject; row: R };
  ledger: { name: string; sql: string; params: z.ZodObject; row: R };
};

type Period = { store_id: string; from: string; to: string } & Record<string, unknown>;

/** Where each rollup's days may be read from. */
export type Ways = (rollup: Rollup) => DaysWay;

type Read = <R extends z.ZodType>(query: DaysQuery<R>, params: Period) => Promise<z.output<R>[]>;

/** Reads the rows of days, each from where it is right; `rolledUp`: from the rollups, be they behind or not. */
export type ReadDays = Read & { rolledUp: Read };

export const createReadDays = (
  clickhouse: ClickHouse,
  wayOf: Ways,
  { dirty: dirtyDays, keptFrom }: Pick<StoreState, 'dirty' | 'keptFrom'>,
): ReadDays => {
  const read: Read = ({ rollup, clean, mixed, ledger }, params) => {
    if (wayOf(rollup) === 'ledger') {
      if (params.from >= keptFrom) return clickhouse.query(ledger, params);
      // Of days before, the ledger has lost rows.
      const ofLedger = { dirty: [], dirty_from: keptFrom, dirty_to: params.to, ledger_from: keptFrom };
      return clickhouse.query(mixed, { ...params, ...ofLedger });
    }
    const dirty = dirtyDays[rollup].filter((day) => params.from <= day && day <= params.to);
    const [first] = dirty;
    const last = dirty.at(-1);
    if (first === undefined || last === undefined) return clickhouse.query(clean, params);
    return clickhouse.query(mixed, { ...params, dirty, dirty_from: first, dirty_to: last, ledger_from: NO_DAY });
  };
  const rolledUp: Read = ({ clean }, params) => clickhouse.query(clean, params);
  return Object.assign(read, { rolledUp });
};
