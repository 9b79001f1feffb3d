import { type ClickHouse, defineQuery, utcMs } from '@cartledger/clickhouse';
import type { LedgerRow } from '@cartledger/funnel';
import { z } from 'zod';
import type { Fence } from './fence.ts';

export const ROLLUPS = ['funnel', 'cart', 'order'] as const;
export type Rollup = (typeof ROLLUPS)[number];

/** The rollup that counts rows of a kind. */
export const ROLLUP_OF: Record<LedgerRow['kind'], Rollup> = {
  journey: 'funnel',
  cart: 'cart',
  order: 'order',
  refund: 'order',
};

export type Day = { store_id: string; rollup: Rollup; day: string };
export type DirtyDay = Day & {
  /** The as_of that reports stood at when the day became dirty, ms UTC; 0 before the first. */
  asOf: number;
};

export const dirtyDays = defineQuery({
  name: 'dirty_days',
  sql: 'SELECT store_id, rollup, day, as_of FROM dirty_days FINAL WHERE dirty ORDER BY version, store_id, day',
  params: z.object({}),
  row: z.object({ store_id: z.string(), rollup: z.enum(ROLLUPS), day: z.string(), as_of: utcMs }),
});

/** Every day of a store that a ledger row or a rollup speaks of. */
export const allDays = defineQuery({
  name: 'dirty_days.all',
  sql: `
    SELECT multiIf(kind = 'journey', 'funnel', kind = 'cart', 'cart', 'order') AS rollup, day
    FROM ledger_rows WHERE store_id = {store_id:String}
    UNION DISTINCT SELECT 'funnel', day FROM funnel_days WHERE store_id = {store_id:String}
    UNION DISTINCT SELECT 'cart', day FROM cart_days WHERE store_id = {store_id:String}
    UNION DISTINCT SELECT 'order', day FROM order_days WHERE store_id = {store_id:String}
    UNION DISTINCT SELECT toString(dirty_days.rollup), day FROM dirty_days WHERE store_id = {store_id:String}`,
  params: z.object({ store_id: z.string() }),
  row: z.object({ rollup: z.enum(ROLLUPS), day: z.string() }),
});

const COLUMNS = [
  { name: 'store_id', type: 'LowCardinality(String)' },
  { name: 'rollup', type: "Enum8('funnel' = 1, 'cart' = 2, 'order' = 3)" },
  { name: 'day', type: 'Date32' },
  { name: 'version', type: 'UInt64' },
  { name: 'dirty', type: 'Bool' },
  { name: 'as_of', type: "DateTime64(3, 'UTC')" },
] as const;

const nameOf = ({ store_id, rollup, day }: Day): string => `${store_id} ${rollup} ${day}`;

/**
 * Which days' rollups may be behind their ledger rows. Kept in the database: a killed writer leaves them dirty. Days that are
 * frozen never are: whoever reads them is told that their ledger moves, but their rollups stay as they are.
 */
export const createDirtyDays = ({
  clickhouse,
  fence,
  isFrozen = () => false,
}: {
  clickhouse: ClickHouse;
  fence: Fence;
  isFrozen?: (day: { store_id: string; day: string }) => boolean;
}) => {
  /** What the database says, as long as nobody else has held the lease: the longest dirty first. */
  let known: { token: number; days: Map<string, DirtyDay> } | null = null;
  let published: ReadonlyMap<string, number> = new Map();

  const load = async (): Promise<Map<string, DirtyDay>> => {
    const token = fence.token();
    if (known?.token === token) return known.days;
    const rows = await clickhouse.query(dirtyDays, {});
    const days = new Map(rows.map(({ as_of, ...day }) => [nameOf(day), { ...day, asOf: as_of }]));
    known = { token, days };
    return days;
  };

  const write = async (days: readonly DirtyDay[], isDirty: (day: Day) => boolean): Promise<void> => {
    const before = known;
    // Until it is known to be written, what the database says is not.
    known = null;
    await fence.write(({ version, onlyIf }) => {
      const rows = days.map(({ asOf, ...day }) => ({ ...day, version, dirty: isDirty(day), as_of: asOf }));
      return clickhouse.insertNative('dirty_days', COLUMNS, rows, onlyIf);
    });
    if (!before) return;
    for (const day of days)
      if (!isDirty(day)) before.days.delete(nameOf(day));
      else if (!before.days.has(nameOf(day))) before.days.set(nameOf(day), day);
    known = before;
  };

  /** Before rows of these days are written. */
  const mark = async (days: Iterable<Day>): Promise<void> => {
    const dirty = await load();
    const marked = [...days].map((day) => dirty.get(nameOf(day)) ?? { ...day, asOf: published.get(day.store_id) ?? 0 });
    await write(marked, (day) => !isFrozen(day));
  };

  return {
    /** As a run begins: the as_of that reports of each store stand at. */
    publishedAre: (asOf: ReadonlyMap<string, number>): void => {
      published = asOf;
    },
    mark,
    async markAll(store_id: string): Promise<void> {
      const days = await clickhouse.query(allDays, { store_id });
      await mark(days.map((day) => ({ store_id, ...day })));
    },
    /** Whoever reads days before `until` that are frozen reads them anew. */
    async announce(store_id: string, until: string): Promise<void> {
      const days = await clickhouse.query(allDays, { store_id });
      await mark(days.filter(({ day }) => day < until).map((day) => ({ store_id, ...day })));
    },
    /** When their rollups have been written and nothing else since. */
    clear: (days: readonly DirtyDay[]): Promise<void> => write(days, () => false),
    /** Those that have waited longest first. */
    list: async (): Promise<DirtyDay[]> => [...(await load()).values()].filter((day) => !isFrozen(day)),
  };
};
export type DirtyDays = ReturnType<typeof createDirtyDays>;
