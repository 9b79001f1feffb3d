import { bigInteger, type ClickHouse, defineQuery, integer } from '@cartledger/clickhouse';
import type { Touches } from '@cartledger/history';
import { z } from 'zod';

export type Pending = {
  batches: string[];
  /** No other batch was pending when these were listed. */
  all: boolean;
};

/** Answered by the projection `batches` of touches: no column of one visitor may be asked for. */
export const pendingBatches = defineQuery({
  name: 'touched.pending',
  sql: `
    SELECT toString(batch_id) AS batch, count() AS touches
    FROM touches
    WHERE batch_id NOT IN (SELECT batch_id FROM touched_batches_done) AND batch_id NOT IN {held:Array(UUID)}
    GROUP BY batch_id
    ORDER BY min(written_at), batch_id
    LIMIT {limit:UInt32}`,
  params: z.object({ limit: z.int(), held: z.array(z.string()) }),
  row: z.object({ batch: z.string(), touches: integer }),
});

/** In the order of the tables: what is loaded together then lies together, or each part would read all of a large table. */
export const touchesOfBatches = defineQuery({
  name: 'touched.touches',
  sql: `
    SELECT store_id, visitor_hash, groupUniqArrayArray(neighbors) AS neighbors
    FROM touches
    WHERE batch_id IN {batches:Array(UUID)}
    GROUP BY store_id, visitor_hash
    ORDER BY store_id, visitor_hash`,
  params: z.object({ batches: z.array(z.string()) }),
  row: z.object({ store_id: z.string(), visitor_hash: bigInteger, neighbors: z.array(bigInteger) }),
});

const DONE_COLUMNS = [{ name: 'batch_id', type: 'UUID' }] as const;

/** As many batch ids as one query parameter may hold. */
const MAX_BATCHES = 2_000;

/** What ingest has touched and the ledgers have not taken in: a set of batch ids, never a clock or a count. */
export const createTouched = (clickhouse: ClickHouse) => ({
  /** The oldest pending batches but the held ones, of `maxTouches` visitors together but at least one batch. */
  async pending(maxTouches: number, held: readonly string[]): Promise<Pending> {
    const rows = await clickhouse.query(pendingBatches, { limit: MAX_BATCHES + 1, held: [...held] });
    const batches: string[] = [];
    let touches = 0;
    for (const row of rows.slice(0, MAX_BATCHES)) {
      touches += row.touches;
      if (batches.length > 0 && touches > maxTouches) break;
      batches.push(row.batch);
    }
    return { batches, all: batches.length === rows.length };
  },

  /** By store. */
  async read(batches: readonly string[]): Promise<Map<string, Touches>> {
    const stores = new Map<string, Touches>();
    if (batches.length === 0) return stores;
    for await (const row of clickhouse.stream(touchesOfBatches, { batches: [...batches] })) {
      const touches = stores.get(row.store_id) ?? new Map();
      stores.set(row.store_id, touches);
      touches.set(row.visitor_hash, row.neighbors);
    }
    return stores;
  },

  async markDone(batches: readonly string[]): Promise<void> {
    await clickhouse.insertNative(
      'touched_batches_done',
      DONE_COLUMNS,
      batches.map((batch_id) => ({ batch_id })),
    );
  },
});
export type Touched = ReturnType<typeof createTouched>;
