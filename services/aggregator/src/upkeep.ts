import type { ClickHouse } from '@cartledger/clickhouse';
import { z } from 'zod';
import type { Erased } from './erased.ts';
import type { JobState } from './job-state.ts';

const STATE = 'aggregator/upkeep';
const done = z.object({ day: z.string() }).nullable();

/** A touch of a batch that is not done is never deleted, however old. */
export const DELETE_DONE_TOUCHES = `
  DELETE FROM touches
  WHERE written_at < fromUnixTimestamp64Milli({before:Int64}) AND batch_id IN (SELECT batch_id FROM touched_batches_done)`;

/** After its touches: while any of them is left, the batch must count as done. */
export const DELETE_DONE_BATCHES = `
  DELETE FROM touched_batches_done
  WHERE done_at < fromUnixTimestamp64Milli({before:Int64}) AND batch_id NOT IN (SELECT batch_id FROM touches)`;

/**
 * Once a UTC day what has long been done is deleted, and what was erased and has come back. The day is stored when all is done: a killed upkeep is done again,
 * which harms nothing.
 */
export const createUpkeep = (
  {
    clickhouse,
    state,
    erased,
  }: { clickhouse: ClickHouse; state: JobState /** Default: nothing was erased. */; erased?: Erased },
  { cleanupAgeMs }: { cleanupAgeMs: number },
) => {
  let lastDone: string | null = null;

  return {
    async run(now: number): Promise<void> {
      const today = new Date(now).toISOString().slice(0, 10);
      if (lastDone === today) return;
      const stored = done.parse(await state.get(STATE));
      if (stored?.day !== today) {
        const before = now - cleanupAgeMs;
        await clickhouse.command(DELETE_DONE_TOUCHES, { before });
        await clickhouse.command(DELETE_DONE_BATCHES, { before });
        await erased?.keep();
        await state.set(STATE, { day: today });
      }
      lastDone = today;
    },
  };
};
export type Upkeep = ReturnType<typeof createUpkeep>;
