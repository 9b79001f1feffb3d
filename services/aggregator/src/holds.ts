import type { ClickHouse } from '@cartledger/clickhouse';
import { z } from 'zod';
import type { JobState } from './job-state.ts';

const STATE = 'aggregator/held';

const held = z.object({
  /** The touches kept back are of this batch, which is not done. */
  batch: z.string(),
  failures: z.int(),
  /** Not tried before, ms UTC. */
  retry_at: z.int(),
  /** Of the last error. */
  code: z.string(),
});
/** By store. */
export type HeldStores = Record<string, z.output<typeof held>>;
const stored = z.record(z.string(), held).nullable();

/** In words, for a page that anybody may read: no store is named there, the log names them. null when none is held. */
export const heldReason = (stores: HeldStores): string | null => {
  const held = Object.values(stores);
  if (held.length === 0) return null;
  const codes = new Set(held.map(({ code }) => code));
  return `ledgers of ${held.length} stores stand still, others go on: ${[...codes].join(', ')}`;
};

export const KEEP = `
  INSERT INTO touches (batch_id, store_id, visitor_hash, neighbors)
  SELECT {held:UUID}, store_id, visitor_hash, groupUniqArrayArray(neighbors)
  FROM touches
  WHERE batch_id IN {batches:Array(UUID)} AND store_id = {store_id:String}
  GROUP BY store_id, visitor_hash`;

/**
 * Stores whose ledgers could not be computed. Their touches are set aside, in a batch of the store's own, so that
 * the batches they came in can be done for all others; they are tried again, ever more slowly.
 */
export const createHolds = ({ clickhouse, state }: { clickhouse: ClickHouse; state: JobState }) => ({
  async read(): Promise<HeldStores> {
    return stored.parse(await state.get(STATE)) ?? {};
  },

  /** Sets the store's touches of these batches aside; to be done before the batches are marked as done. */
  keep: (store_id: string, batch: string, batches: readonly string[]): Promise<void> =>
    clickhouse.command(KEEP, { held: batch, batches, store_id }),

  /** Before a batch that is no longer held is marked as done: nothing may be added to one that is. */
  async write(stores: HeldStores): Promise<void> {
    await state.set(STATE, stores);
  },
});
export type Holds = ReturnType<typeof createHolds>;
