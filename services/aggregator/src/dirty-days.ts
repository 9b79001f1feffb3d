import { bigInteger, type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import type { LedgerRow } from '@cartledger/funnel';
import { z } from 'zod';
import type { Fence } from './fence.ts';

const ROLLUPS = ['funnel', 'cart', 'order'] as const;
export type Rollup = (typeof ROLLUPS)[number];

/** The rollup that counts rows of a kind. */
export const ROLLUP_OF: Record<LedgerRow['kind'], Rollup> = {
  journey: 'funnel',
  cart: 'cart',
  order: 'order',
  refund: 'order',
};

export type DirtyDay = { store_id: string; rollup: Rollup; day: string };

const dirtyDays = defineQuery({
  name: 'dirty_days',
  sql: 'SELECT store_id, rollup, day, version FROM dirty_days FINAL WHERE dirty ORDER BY version, store_id, day',
  params: z.object({}),
  row: z.object({ store_id: z.string(), rollup: z.enum(ROLLUPS), day: z.string(), version: bigInteger }),
});

const COLUMNS = [
  { name: 'store_id', type: 'LowCardinality(String)' },
  { name: 'rollup', type: "Enum8('funnel' = 1, 'cart' = 2, 'order' = 3)" },
  { name: 'day', type: 'Date32' },
  { name: 'version', type: 'UInt64' },
  { name: 'dirty', type: 'Bool' },
] as const;

/** Every day of the store that a ledger row or a rollup speaks of. */
const ALL_DAYS = `(store_id, rollup, day, version, dirty)
  SELECT DISTINCT {store_id:String}, rollup, day, {version:UInt64}, true
  FROM (
    SELECT multiIf(kind = 'journey', 'funnel', kind = 'cart', 'cart', 'order') AS rollup, day
    FROM ledger_rows WHERE store_id = {store_id:String}
    UNION ALL SELECT 'funnel', day FROM funnel_days WHERE store_id = {store_id:String}
    UNION ALL SELECT 'cart', day FROM cart_days WHERE store_id = {store_id:String}
    UNION ALL SELECT 'order', day FROM order_days WHERE store_id = {store_id:String}
    UNION ALL SELECT toString(dirty_days.rollup), day FROM dirty_days WHERE store_id = {store_id:String}
  )`;

/** Which days' rollups may be behind their ledger rows. Kept in the database: a killed writer leaves them dirty. */
export const createDirtyDays = ({ clickhouse, fence }: { clickhouse: ClickHouse; fence: Fence }) => {
  /** Under which token it was seen that no day was dirty, and none has been marked since. */
  let cleanUnder: number | null = null;

  const write = async (days: Iterable<DirtyDay>, dirty: boolean): Promise<void> => {
    const { version, onlyIf } = await fence.begin();
    const rows = [...days].map(({ store_id, rollup, day }) => ({ store_id, rollup, day, version, dirty }));
    await clickhouse.insertNative('dirty_days', COLUMNS, rows, onlyIf);
  };
  return {
    /** Before rows of these days are written. */
    mark: (days: Iterable<DirtyDay>) => {
      cleanUnder = null;
      return write(days, true);
    },
    /** When their rollups have been written and nothing else since. */
    clear: (days: Iterable<DirtyDay>) => write(days, false),
    markAll: (store_id: string) => {
      cleanUnder = null;
      return fence.insertSelect('dirty_days', ALL_DAYS, { store_id });
    },
    /** Those that have waited longest first. Not asked of the server while nothing can have become dirty. */
    async list(): Promise<(DirtyDay & { version: bigint })[]> {
      const token = fence.token();
      if (cleanUnder === token) return [];
      const dirty = await clickhouse.query(dirtyDays, {});
      if (dirty.length === 0) cleanUnder = token;
      return dirty;
    },
  };
};
export type DirtyDays = ReturnType<typeof createDirtyDays>;
