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

/** How long upkeep that failed is left alone. */
const TRY_AGAIN_MS = 3_600_000;

/**
 * Once a UTC day what has long been done is deleted, and what was erased and has come back. The day is stored when all is
 * done: a killed upkeep is done again, which harms nothing. One that fails (a mutation that stands still, a full disk) is
 * told of and tried again in an hour: no store waits for it.
 */
export const createUpkeep = (
  {
    clickhouse,
    state,
    erased,
    onFailure,
  }: {
    clickhouse: Pick<ClickHouse, 'command'>;
    state: JobState;
    /** Default: nothing was erased. */
    erased?: Erased;
    onFailure: (error: unknown) => void;
  },
  { cleanupAgeMs }: { cleanupAgeMs: number },
) => {
  let lastDone: string | null = null;
  let notBefore = Number.NEGATIVE_INFINITY;

  const cleanUp = async (now: number, today: string): Promise<void> => {
    const stored = done.parse(await state.get(STATE));
    if (stored?.day === today) return;
    const before = now - cleanupAgeMs;
    await clickhouse.command(DELETE_DONE_TOUCHES, { before });
    await clickhouse.command(DELETE_DONE_BATCHES, { before });
    await erased?.keep();
    await state.set(STATE, { day: today });
  };

  return {
    async run(now: number): Promise<void> {
      const today = new Date(now).toISOString().slice(0, 10);
      if (lastDone === today || now < notBefore) return;
      try {
        await cleanUp(now, today);
        lastDone = today;
      } catch (error) {
        // Whoever has lost the lease is told so by the next write of the run.
        notBefore = now + TRY_AGAIN_MS;
        onFailure(error);
      }
    },
  };
};
export type Upkeep = ReturnType<typeof createUpkeep>;
