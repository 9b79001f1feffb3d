import type { Logger } from '@cartledger/service';
import { codeOf, type Troubles } from './attempt.ts';
import type { HeldStores } from './holds.ts';
import type { AggregatorMetrics } from './metrics.ts';

/** Whom the next run leaves alone, for how long: those in trouble, ever longer, and those that still wait. */
export const createHoldBack =
  (
    { logger, metrics, newBatchId }: { logger: Logger; metrics: AggregatorMetrics; newBatchId: () => string },
    { holdMs }: { holdMs: (failures: number) => number },
  ) =>
  (held: HeldStores, { waiting, troubles, time }: { waiting: readonly string[]; troubles: Troubles; time: number }) => {
    const next: HeldStores = Object.fromEntries(
      Object.entries(held).filter(([store_id]) => waiting.includes(store_id)),
    );
    for (const [store_id, error] of troubles) {
      const before = held[store_id];
      const failures = (before?.failures ?? 0) + 1;
      next[store_id] = {
        batch: before?.batch ?? newBatchId(),
        failures,
        retry_at: time + holdMs(failures - 1),
        code: codeOf(error),
      };
      metrics.storeFailures.inc({ code: codeOf(error) });
      logger.error({ err: error, store_id, failures }, 'the ledgers of a store cannot be brought up; others go on');
    }
    return next;
  };
export type HoldBack = ReturnType<typeof createHoldBack>;
