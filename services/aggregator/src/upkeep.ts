import { type ClickHouse, defineQuery, integer } from '@cartledger/clickhouse';
import type { Control } from '@cartledger/control';
import { DAY_MS } from '@cartledger/funnel';
import { z } from 'zod';
import type { Lease } from './lease.ts';
import type { AggregatorMetrics } from './metrics.ts';

const STATE = 'aggregator/upkeep';
const done = z.object({ day: z.string() }).nullable();

const visitorsReceived = defineQuery({
  name: 'upkeep.visitors_received',
  sql: `
    SELECT uniqExact(store_id, visitor_hash) AS visitors
    FROM events
    WHERE received_at >= fromUnixTimestamp64Milli({from:Int64}) AND received_at < fromUnixTimestamp64Milli({to:Int64})`,
  params: z.object({ from: z.int(), to: z.int() }),
  row: z.object({ visitors: integer }),
});

/** Batches of a bounded size, told apart by the visitor's hash; neighbors come with the events. */
const TOUCH_RECEIVED = `
  INSERT INTO touches (batch_id, store_id, visitor_hash, neighbors)
  SELECT DISTINCT {batches:Array(UUID)}[1 + visitor_hash % length({batches:Array(UUID)})], store_id, visitor_hash, []
  FROM events
  WHERE received_at >= fromUnixTimestamp64Milli({from:Int64}) AND received_at < fromUnixTimestamp64Milli({to:Int64})`;

/** A touch of a batch that is not done is never deleted, however old. */
const DELETE_DONE_TOUCHES = `
  DELETE FROM touches
  WHERE written_at < fromUnixTimestamp64Milli({before:Int64}) AND batch_id IN (SELECT batch_id FROM touched_batches_done)`;

/** After its touches: while any of them is left, the batch must count as done. */
const DELETE_DONE_BATCHES = `
  DELETE FROM touched_batches_done
  WHERE done_at < fromUnixTimestamp64Milli({before:Int64}) AND batch_id NOT IN (SELECT batch_id FROM touches)`;

/**
 * Once a UTC day: the sweep touches all visitors from whom something was received on the day before, so that their
 * ledger rows are compared with their events once more (rows that are right are not written); and what has long been
 * done is deleted. The day is stored when all is done: a killed upkeep is done again, which harms nothing.
 */
export const createUpkeep = (
  {
    clickhouse,
    state,
    lease,
    metrics,
    newBatchId,
  }: {
    clickhouse: ClickHouse;
    state: Control['state'];
    lease: Lease;
    metrics: AggregatorMetrics;
    newBatchId: () => string;
  },
  { cleanupAgeMs, maxTouches }: { cleanupAgeMs: number; maxTouches: number },
) => {
  let lastDone: string | null = null;

  /** Touches again whom [from, to) has touched. */
  const sweep = async (from: number, to: number): Promise<void> => {
    const [row] = await clickhouse.query(visitorsReceived, { from, to });
    const visitors = row?.visitors ?? 0;
    if (visitors === 0) return;
    const batches = Array.from({ length: Math.ceil(visitors / maxTouches) }, newBatchId);
    await clickhouse.command(TOUCH_RECEIVED, { from, to, batches });
    metrics.swept.inc(visitors);
  };

  return {
    sweep,

    async run(now: number): Promise<void> {
      const today = new Date(now).toISOString().slice(0, 10);
      if (lastDone === today) return;
      const stored = done.parse(await state.get(STATE));
      if (stored?.day !== today) {
        const midnight = Date.parse(today);
        await sweep(midnight - DAY_MS, midnight);
        const before = now - cleanupAgeMs;
        await clickhouse.command(DELETE_DONE_TOUCHES, { before });
        await clickhouse.command(DELETE_DONE_BATCHES, { before });
        await lease.confirm();
        await state.set(STATE, { day: today });
      }
      lastDone = today;
    },
  };
};
export type Upkeep = ReturnType<typeof createUpkeep>;
