import { type ClickHouse, defineQuery, utcMs } from '@cartledger/clickhouse';
import type { Store } from '@cartledger/control';
import { firstDayFrom } from '@cartledger/funnel';
import { z } from 'zod';
import type { Calendars } from './calendars.ts';
import type { Fence } from './fence.ts';

/** Before every day that can be: of a store of which nothing was removed. */
export const KEPT_ALL = '1970-01-01';

export const allHorizons = defineQuery({
  name: 'horizons',
  sql: 'SELECT store_id, max(retention.removed_before) AS removed_before FROM retention GROUP BY store_id',
  params: z.object({}),
  row: z.object({ store_id: z.string(), removed_before: utcMs }),
});

const HORIZON_COLUMNS = [
  { name: 'store_id', type: 'LowCardinality(String)' },
  { name: 'definition_version', type: 'UInt32' },
  { name: 'removed_before', type: "DateTime64(3, 'UTC')" },
] as const;

/**
 * Up to when who was last heard of has been removed from each store. Days before are frozen: their rollups are all that is
 * known of them. A horizon only moves on, and is written before anything is removed by it.
 */
export const createHorizons = ({
  clickhouse,
  fence,
  calendarOf,
}: {
  clickhouse: ClickHouse;
  fence: Fence;
  calendarOf: Calendars;
}) => {
  /** What the database says, as long as nobody else has held the lease. */
  let known: { token: number; before: Map<string, number> } | null = null;
  let keptFrom = new Map<string, string>();

  const cut = (stores: Iterable<Store>): void => {
    keptFrom = new Map();
    for (const { store_id, definition } of stores) {
      const before = known?.before.get(store_id);
      if (before !== undefined) keptFrom.set(store_id, firstDayFrom(calendarOf(definition.time_zone), before));
    }
  };

  return {
    /** As a run begins, before anything is written: by the zones that the stores have now. */
    async read(stores: Iterable<Store>): Promise<void> {
      const token = fence.token();
      if (known?.token !== token) {
        const rows = await clickhouse.query(allHorizons, {});
        known = { token, before: new Map(rows.map((row) => [row.store_id, row.removed_before])) };
      }
      cut(stores);
    },
    /** ms UTC; 0 when nothing was removed. */
    of: (store_id: string): number => known?.before.get(store_id) ?? 0,
    keptFrom: (store_id: string): string => keptFrom.get(store_id) ?? KEPT_ALL,
    isFrozen: ({ store_id, day }: { store_id: string; day: string }): boolean =>
      day < (keptFrom.get(store_id) ?? KEPT_ALL),
    async move({ store_id, definition }: Store, before: number): Promise<void> {
      const now = known;
      // Until it is known to be written, what the database says is not.
      known = null;
      const row = { store_id, definition_version: definition.version, removed_before: before };
      await fence.write(({ onlyIf }) => clickhouse.insertNative('retention', HORIZON_COLUMNS, [row], onlyIf));
      now?.before.set(store_id, before);
      known = now;
      keptFrom.set(store_id, firstDayFrom(calendarOf(definition.time_zone), before));
    },
  };
};
export type Horizons = ReturnType<typeof createHorizons>;
