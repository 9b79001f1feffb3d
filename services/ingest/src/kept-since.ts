import { type ClickHouse, defineQuery, utcMs } from '@cartledger/clickhouse';
import type { Control } from '@cartledger/control';
import { z } from 'zod';
import { keptSince } from './scan/without-expired.ts';

const removedBefore = defineQuery({
  name: 'kept_since',
  sql: 'SELECT store_id, max(retention.removed_before) AS removed_before FROM retention GROUP BY store_id',
  params: z.object({}),
  row: z.object({ store_id: z.string(), removed_before: utcMs }),
});

/** Since when each store keeps what happened, ms UTC: as it says now, and as it was kept to before it said something else. */
export const createKeptSince =
  ({
    clickhouse,
    stores,
    now,
  }: {
    clickhouse: Pick<ClickHouse, 'query'>;
    stores: Pick<Control['stores'], 'list'>;
    now: () => number;
  }) =>
  async (): Promise<(store_id: string) => number> => {
    const [rows, list] = await Promise.all([clickhouse.query(removedBefore, {}), stores.list()]);
    const removed = new Map(rows.map((row) => [row.store_id, row.removed_before]));
    const said = new Map(list.map(({ store_id, definition }) => [store_id, definition.retention_days]));
    const rules = { get: (store_id: string) => ({ maxAgeDays: 0, retentionDays: said.get(store_id) ?? null }) };
    return (store_id) => Math.max(removed.get(store_id) ?? Number.NEGATIVE_INFINITY, keptSince(rules, store_id, now()));
  };
