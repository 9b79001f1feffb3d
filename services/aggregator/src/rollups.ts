import { type ClickHouse, defineQuery, integer } from '@cartledger/clickhouse';
import type { Store } from '@cartledger/control';
import { z } from 'zod';
import { MAX_DAYS, type Range, rangesOf } from './day-ranges.ts';
import type { DirtyDay, DirtyDays, Rollup } from './dirty-days.ts';
import type { Fence } from './fence.ts';
import type { Restated, Restatements } from './restatements.ts';

/** The columns of each rollup but store, day and version; the first is the rest of the key, if there is any. */
const COLUMNS = {
  funnel: {
    table: 'funnel_days',
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
    parameters: '',
  },
  cart: {
    table: 'cart_days',
    key: [],
    columns: ['settled_at', 'excluded', 'last_activity_at', 'last_ordered_at', 'settles_at'],
    lists: [
      'has_checkout',
      'outcome',
      'holds_items',
      'furthest',
      'abandoned_point',
      'reason',
      'revived',
      'contactable',
      'idle_ms',
      'abandon_ms',
      'recovery_ms',
      'last_activity_at',
      'carts',
      'amounts',
    ].map((name) => `cells.${name}`),
    parameters: ', settled_at = {settled_at:Int64}',
  },
  order: {
    table: 'order_days',
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
    parameters: '',
  },
} as const satisfies Record<Rollup, object>;

const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
const RANGE = 'store_id = {store_id:String} AND day BETWEEN {from:Date32} AND {to:Date32}';

/** SQL: the rollup's rows as the ledger says them now. */
const liveRows = (rollup: Rollup): string =>
  `${COLUMNS[rollup].table}_of(store_id = {store_id:String}, from = {from:Date32}, to = {to:Date32}${COLUMNS[rollup].parameters})`;

/** A row that the ledger no longer has is written too, without anything in it. */
const insertOf = (rollup: Rollup): string => {
  const { table, key, columns, lists } = COLUMNS[rollup];
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
      SELECT ${all}, 1 AS live FROM ${liveRows(rollup)}
      UNION ALL
      SELECT ${[quoted(place), ...nothing].join(', ')}, 0 FROM ${table} FINAL WHERE ${RANGE}
    )
    ORDER BY live DESC
    LIMIT 1 BY ${quoted(place)}
  )`;
};
/** How many rows of a day the rollup and the ledger say differently; a row without anything is as none. */
const differing = (rollup: Rollup) => {
  const { table, key, columns, lists } = COLUMNS[rollup];
  const place = quoted(['store_id', ...key, 'day']);
  const digest = `xxHash64(toString((${quoted([...columns, ...lists])}, 0)))`;
  const some = lists.map((name) => `notEmpty(\`${name}\`)`).join(' OR ');
  return defineQuery({
    name: `rollups.${rollup}_differing`,
    sql: `
      SELECT count() AS differing FROM (
        SELECT ${place} FROM (
          SELECT ${place}, ${digest} AS digest FROM ${liveRows(rollup)}
          UNION ALL
          SELECT ${place}, ${digest} FROM ${table} FINAL WHERE ${RANGE} AND (${some})
        )
        GROUP BY ${place}
        HAVING count() != 2 OR uniqExact(digest) != 1
      )`,
    params: z.object({
      store_id: z.string(),
      from: z.string(),
      to: z.string(),
      ...(rollup === 'cart' && { settled_at: z.int() }),
    }),
    row: z.object({ differing: integer }),
  });
};
const DIFFERING = { funnel: differing('funnel'), cart: differing('cart'), order: differing('order') };

/** The days of a slice that rows or rollups speak of and that are not dirty. */
const daysOfSlice = defineQuery({
  name: 'rollups.days',
  sql: `
    SELECT day, max(settled) AS settled_at, max(settling) AS settles_at FROM (
      SELECT DISTINCT day, toInt64(0) AS settled, toInt64(0) AS settling FROM ledger_rows WHERE store_id = {store_id:String}
      UNION ALL SELECT day, 0, 0 FROM funnel_days WHERE store_id = {store_id:String}
      UNION ALL SELECT day, 0, 0 FROM order_days WHERE store_id = {store_id:String}
      UNION ALL
      SELECT day, toUnixTimestamp64Milli(settled_at),
        if(arrayExists(at -> toUnixTimestamp64Milli(at) > 0, cells.last_activity_at), toUnixTimestamp64Milli(settles_at), 0)
      FROM cart_days FINAL WHERE store_id = {store_id:String}
    )
    WHERE positiveModulo(toInt32(day), {slices:UInt32}) = {slice:UInt32}
      AND day NOT IN (SELECT day FROM dirty_days FINAL WHERE store_id = {store_id:String} AND dirty)
    GROUP BY day
    ORDER BY day`,
  params: z.object({ store_id: z.string(), slice: z.int(), slices: z.int() }),
  row: z.object({ day: z.string(), settled_at: integer, settles_at: integer }),
});

const INSERTS = { funnel: insertOf('funnel'), cart: insertOf('cart'), order: insertOf('order') };

/**
 * Day rows made of ledger rows (see schemas/clickhouse): written whole, and only when their day is dirty. Before a
 * rollup says anything new of a day that had closed, the restatement of it is written.
 */
export const createRollups = ({
  clickhouse,
  fence,
  dirtyDays,
  restatements,
}: {
  clickhouse: ClickHouse;
  fence: Fence;
  dirtyDays: DirtyDays;
  restatements: Restatements;
}) => {
  /** Brings the rollup of a range of days to what the ledger says. */
  const write = (
    rollup: Rollup,
    { store_id, from, to }: { store_id: string; from: string; to: string },
    settledAt: number,
  ) =>
    fence.insertSelect(COLUMNS[rollup].table, INSERTS[rollup], {
      store_id,
      from,
      to,
      ...(rollup === 'cart' && { settled_at: settledAt }),
    });

  return {
    /**
     * Compares the rollups of a slice of the days that are not dirty with the ledger and mends those that differ;
     * answers how many did. Carts that are settled by now lose their last activities.
     */
    async verify(store_id: string, slice: { slice: number; slices: number }, settledAt: number): Promise<number> {
      let mended = 0;
      for (const { day, settled_at, settles_at } of await clickhouse.query(daysOfSlice, { store_id, ...slice })) {
        const period = { store_id, from: day, to: day };
        for (const rollup of ['funnel', 'cart', 'order'] as const) {
          const params = rollup === 'cart' ? { ...period, settled_at } : period;
          const [answer] = await clickhouse.query(DIFFERING[rollup], params);
          const wrong = (answer?.differing ?? 0) > 0;
          const settles = rollup === 'cart' && settles_at > settled_at && settles_at <= settledAt;
          if (!wrong && !settles) continue;
          await dirtyDays.mark([{ store_id, rollup, day }]);
          await write(rollup, period, settledAt);
          await dirtyDays.clear([{ store_id, rollup, day, asOf: 0 }]);
          if (wrong) mended++;
        }
      }
      return mended;
    },

    /**
     * Does dirty days of a store until `enough`, the longest dirty first; answers how many are left. `settledAt`: the
     * last event of the ledgers that readers know of; no report stands earlier.
     */
    async roll(
      store: Store,
      dirty: readonly DirtyDay[],
      { settledAt, restated, enough }: { settledAt: number; restated: Restated | null; enough: () => boolean },
    ): Promise<number> {
      const { store_id } = store;
      let left = dirty.length;
      const waiting = new Map(dirty.map(({ day }, i) => [day, i] as const).reverse());
      const waited = ({ days }: Range): number => Math.min(...days.map((day) => waiting.get(day) ?? dirty.length));
      const ranges = rangesOf([...waiting.keys()], MAX_DAYS.cart).sort((a, b) => waited(a) - waited(b));
      for (const { days } of ranges) {
        if (enough()) break;
        const mine = dirty.filter(({ day }) => days.includes(day));
        if (restated) await restatements.write(store, mine, restated);
        for (const [rollup, ofRollup] of Map.groupBy(mine, (each) => each.rollup))
          for (const range of rangesOf(
            ofRollup.map(({ day }) => day),
            MAX_DAYS[rollup],
          ))
            await write(rollup, { store_id, ...range }, settledAt);
        await dirtyDays.clear(mine);
        left -= mine.length;
      }
      return left;
    },
  };
};
export type Rollups = ReturnType<typeof createRollups>;
