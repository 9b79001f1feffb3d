import {
  allDays,
  daysOfSlice,
  dirtyDaysQuery,
  knownDays,
  ROLLUPS,
  type Rollup,
  rowsOfDays,
  writtenOfDays,
} from '@cartledger/aggregator/testing';
import { answer } from '../answer.ts';
import type { Readable } from '../server.ts';
import { big, bool, compare, int, isInt, listOf, type Row, text } from '../value.ts';
import { inDays, ofStore, printTime } from './sets.ts';

const DAY_MS = 86_400_000;

const rollupOf = (row: Row): Rollup => {
  const kind = text(row, 'kind');
  if (kind === 'journey') return 'funnel';
  return kind === 'cart' ? 'cart' : 'order';
};

const isRollup = (name: string): name is Rollup => ROLLUPS.some((rollup) => rollup === name);

const dirtyRollup = (row: Row): Rollup => {
  const name = text(row, 'rollup');
  if (!isRollup(name)) throw new Error(`a dirty day of rollup ${name}`);
  return name;
};

const dayOf = (row: Row): string => text(row, 'day');

/** Days from 1970 on, of a slice; days before have their place too. */
const isOfSlice = (day: string, slice: number, slices: number): boolean =>
  (((Date.parse(day) / DAY_MS) % slices) + slices) % slices === slice;

/** When carts whose state time still changes settle; 0 when there are none. */
const settlesOf = (row: Row): number =>
  listOf(row, 'cells.last_activity_at', isInt).some((at) => at > 0) ? int(row, 'settles_at') : 0;

const most = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b), 0);

/** Days of a store, each with what is known of it. */
const spokenOf = (from: Readable, store_id: string) => {
  const isOf = ofStore(store_id);
  const ledger = from.table('ledger_rows').raw().filter(isOf);
  const [funnels, orders] = (['funnel_days', 'order_days'] as const).map((name) => from.table(name).raw().filter(isOf));
  const nothing = { n: 0, settled: 0, settling: 0 };
  return [
    ...ledger.map((row) => ({ ...nothing, day: dayOf(row), n: 1 })),
    ...[...(funnels ?? []), ...(orders ?? [])].map((row) => ({ ...nothing, day: dayOf(row) })),
    ...from
      .table('cart_days')
      .final()
      .filter(isOf)
      .map((row) => ({ day: dayOf(row), n: 0, settled: int(row, 'settled_at'), settling: settlesOf(row) })),
  ];
};

export const DAYS = [
  answer(dirtyDaysQuery, (from) =>
    from
      .table('dirty_days')
      .final()
      .filter((row) => bool(row, 'dirty'))
      .sort((a, b) => {
        const order = (row: Row) => [big(row, 'version'), text(row, 'store_id'), dayOf(row)];
        return compare(order(a), order(b));
      })
      .map((row) => ({
        store_id: text(row, 'store_id'),
        rollup: dirtyRollup(row),
        day: dayOf(row),
        as_of: printTime(int(row, 'as_of')),
      })),
  ),
  answer(allDays, (from, { store_id }) => {
    const isOf = ofStore(store_id);
    const days = new Map<string, { rollup: Rollup; day: string }>();
    const add = (rollup: Rollup, row: Row): void =>
      void days.set(`${rollup} ${dayOf(row)}`, { rollup, day: dayOf(row) });
    for (const row of from.table('ledger_rows').raw().filter(isOf)) add(rollupOf(row), row);
    for (const rollup of ROLLUPS) for (const row of from.table(`${rollup}_days`).raw().filter(isOf)) add(rollup, row);
    for (const row of from.table('dirty_days').raw().filter(isOf)) add(dirtyRollup(row), row);
    return [...days.values()];
  }),
  answer(daysOfSlice, (from, { store_id, slice, slices }) => {
    const isDirty = (row: Row): boolean => ofStore(store_id)(row) && bool(row, 'dirty');
    const dirty = new Set(from.table('dirty_days').final().filter(isDirty).map(dayOf));
    const days = spokenOf(from, store_id).filter(({ day }) => isOfSlice(day, slice, slices) && !dirty.has(day));
    return [...Map.groupBy(days, ({ day }) => day)]
      .sort(([a], [b]) => compare(a, b))
      .map(([day, all]) => ({
        day,
        ledger_rows: `${all.reduce((sum, { n }) => sum + n, 0)}`,
        settled_at: `${most(all.map(({ settled }) => settled))}`,
        settles_at: `${most(all.map(({ settling }) => settling))}`,
      }));
  }),
  answer(rowsOfDays, (from, places) => {
    const rows = from.table('ledger_rows').raw().filter(inDays(places));
    return [...Map.groupBy(rows, (row) => `${text(row, 'store_id')} ${dayOf(row)}`)].map(([place, all]) => {
      const [store_id = '', day = ''] = place.split(' ');
      return { store_id, day, ledger_rows: `${all.length}` };
    });
  }),
  answer(writtenOfDays, (from, places) =>
    from
      .table('restatements')
      .final()
      .filter(inDays(places))
      .map((row) => ({
        store_id: text(row, 'store_id'),
        day: dayOf(row),
        figure: text(row, 'figure'),
        since: `${big(row, 'since')}`,
      })),
  ),
  answer(knownDays, (from, { stores }) => {
    const rows = ROLLUPS.flatMap((rollup) => from.table(`${rollup}_days`).raw());
    const wanted = rows.filter((row) => stores.includes(text(row, 'store_id')));
    return [...Map.groupBy(wanted, (row) => text(row, 'store_id'))].map(([store_id, all]) => {
      const days = all.map(dayOf).sort();
      return { store_id, first_day: days.at(0) ?? '', last_day: days.at(-1) ?? '' };
    });
  }),
];
