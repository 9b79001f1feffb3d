import { defineQuery, integer } from '@cartledger/clickhouse';
import { z } from 'zod';

/** Of all history: what earlier pages met is not remembered. */
export const lastEvent = defineQuery({
  name: 'rebuild.last_event',
  sql: `
    SELECT toUnixTimestamp64Milli(max(event_time)) AS at
    FROM events FINAL
    WHERE store_id = {store_id:String}
    SETTINGS do_not_merge_across_partitions_select_final = 1`,
  params: z.object({ store_id: z.string() }),
  row: z.object({ at: integer }),
});

/**
 * Stores with a visitor who was taken in before and whom no pending batch brings again. One of no batch at all counts
 * when he came longer ago than done touches are kept: of a later one ingest has written events and not yet the touches.
 */
export const forgottenStores = defineQuery({
  name: 'rebuild.forgotten',
  sql: `
    SELECT DISTINCT store_id
    FROM events
    WHERE store_id IN {stores:Array(String)}
      AND (store_id, visitor_hash) NOT IN (
        SELECT store_id, visitor_hash FROM touches
        WHERE store_id IN {stores:Array(String)} AND batch_id NOT IN (SELECT batch_id FROM touched_batches_done))
      AND (received_at < fromUnixTimestamp64Milli({before:Int64})
        OR (store_id, visitor_hash) IN (SELECT store_id, visitor_hash FROM touches WHERE store_id IN {stores:Array(String)}))`,
  params: z.object({ stores: z.array(z.string()), before: z.number() }),
  row: z.object({ store_id: z.string() }),
});
