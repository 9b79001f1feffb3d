/** What rollups are written by, and compared with the ledger by. */
import { defineQuery, integer } from '@cartledger/clickhouse';
import { CART_CELLS, DAYS_OF_LEDGER } from '@cartledger/reports';
import { z } from 'zod';
import { dayPlacesParams, inDays, ofStore } from './day-places.ts';
import type { Rollup } from './dirty-days.ts';

/** The columns of each rollup but store, day and version; the first is the rest of the key, if there is any. */
const COLUMNS = {
  funnel: {
    key: ['funnel'],
    columns: ['definition_version', 'excluded'],
    lists: [
      'cells.counted_after',
      'cells.counted_before',
      'cells.hit',
      'cells.units',
      'any_cells.bit',
      'any_cells.after',
      'any_cells.units',
      'ms_cells.counted_after',
      'ms_cells.counted_before',
      'ms_cells.bit',
      'ms_cells.ms',
    ],
  },
  cart: {
    key: [],
    columns: ['settled_at', 'excluded', 'last_activity_at', 'last_ordered_at', 'settles_at'],
    lists: CART_CELLS,
  },
  order: {
    key: [],
    columns: [],
    lists: [
      'sums.currency',
      'sums.orders',
      'sums.without_cart',
      'sums.items',
      'sums.discount',
      'sums.tax_added',
      'sums.shipping',
      'sums.unexplained',
      'sums.total',
      'bridge.line',
      'bridge.currency',
      'bridge.amount',
      'refunds.currency',
      'refunds.refunds',
      'refunds.total',
      'refunds.items',
    ],
  },
} as const satisfies Record<Rollup, object>;

const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

/**
 * Brings the rollup of some days of some stores to what the ledger says: `settled_at` by store. A row that the ledger no
 * longer has is written too, without anything in it.
 */
const insertOf = (rollup: Rollup): string => {
  const { key, columns, lists } = COLUMNS[rollup];
  const place = ['store_id', ...key, 'day'];
  const all = quoted([...place, ...columns, ...lists]);
  const nothing = [
    ...columns.map((name) => `defaultValueOfArgumentType(\`${name}\`)`),
    ...lists.map((name) => `arraySlice(\`${name}\`, 1, 0)`),
  ];
  return `(${all}, version)
  SELECT ${all}, {version:UInt64}
  FROM (
    SELECT ${all} FROM (
      SELECT ${all}, 1 AS live FROM (${DAYS_OF_LEDGER[rollup]({ which: inDays, settledAt: ofStore('settled_at') })})
      UNION ALL
      SELECT ${[quoted(place), ...nothing].join(', ')}, 0 FROM ${rollup}_days FINAL WHERE ${inDays}
    )
    ORDER BY live DESC
    LIMIT 1 BY ${quoted(place)}
  )`;
};
export const INSERTS = { funnel: insertOf('funnel'), cart: insertOf('cart'), order: insertOf('order') };

const OF_DAYS = 'store_id = {store_id:String} AND day IN (SELECT arrayJoin({days:Array(Date32)}))';
const SETTLED = '{settled_at:Array(Int64)}[indexOf({days:Array(Date32)}, day)]';

/** Days of one store of which rollup and ledger say something else; a row without anything is as none. */
const differing = (rollup: Rollup) => {
  const { key, columns, lists } = COLUMNS[rollup];
  const place = quoted([...key, 'day']);
  const digest = `xxHash64(toString((${quoted([...columns, ...lists])}, 0)))`;
  // Of a day of bots alone only their number is told.
  const ofBots = rollup === 'order' ? [] : ['excluded > 0'];
  const some = [...lists.map((name) => `notEmpty(\`${name}\`)`), ...ofBots].join(' OR ');
  return defineQuery({
    name: `rollups.${rollup}_differing`,
    sql: `
      SELECT DISTINCT day FROM (
        SELECT ${place} FROM (
          SELECT ${place}, ${digest} AS digest FROM (${DAYS_OF_LEDGER[rollup]({ which: OF_DAYS, settledAt: SETTLED })})
          UNION ALL
          SELECT ${place}, ${digest} FROM ${rollup}_days FINAL WHERE ${OF_DAYS} AND (${some})
        )
        GROUP BY ${place}
        HAVING count() != 2 OR uniqExact(digest) != 1
      )`,
    params: z.object({
      store_id: z.string(),
      days: z.array(z.string()),
      ...(rollup === 'cart' && { settled_at: z.array(z.int()) }),
    }),
    row: z.object({ day: z.string() }),
  });
};
export const DIFFERING = { funnel: differing('funnel'), cart: differing('cart'), order: differing('order') };

/** The days of a slice that rows or rollups speak of and that are not dirty. */
export const daysOfSlice = defineQuery({
  name: 'rollups.days',
  sql: `
    SELECT day, sum(n) AS ledger_rows, max(settled) AS settled_at, max(settling) AS settles_at FROM (
      SELECT day, count() AS n, toInt64(0) AS settled, toInt64(0) AS settling
      FROM ledger_rows WHERE store_id = {store_id:String} GROUP BY day
      UNION ALL SELECT day, 0, 0, 0 FROM funnel_days WHERE store_id = {store_id:String}
      UNION ALL SELECT day, 0, 0, 0 FROM order_days WHERE store_id = {store_id:String}
      UNION ALL
      SELECT day, 0, toUnixTimestamp64Milli(settled_at),
        if(arrayExists(at -> toUnixTimestamp64Milli(at) > 0, cells.last_activity_at), toUnixTimestamp64Milli(settles_at), 0)
      FROM cart_days FINAL WHERE store_id = {store_id:String}
    )
    WHERE positiveModulo(toInt32(day), {slices:UInt32}) = {slice:UInt32}
      AND day NOT IN (SELECT day FROM dirty_days FINAL WHERE store_id = {store_id:String} AND dirty)
    GROUP BY day
    ORDER BY day`,
  params: z.object({ store_id: z.string(), slice: z.int(), slices: z.int() }),
  row: z.object({ day: z.string(), ledger_rows: integer, settled_at: integer, settles_at: integer }),
});

/** How many ledger rows the days have, all versions: what a statement has to read. */
export const rowsOfDays = defineQuery({
  name: 'rollups.rows',
  sql: `SELECT store_id, day, count() AS ledger_rows FROM ledger_rows WHERE ${inDays} GROUP BY store_id, day`,
  params: dayPlacesParams,
  row: z.object({ store_id: z.string(), day: z.string(), ledger_rows: integer }),
});
