import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouse } from '@cartledger/clickhouse';
import type { Control } from '@cartledger/control';
import { createForget, type Visitors } from '@cartledger/history';
import type { Logger } from '@cartledger/service';
import type { AggregatorMetrics } from './metrics.ts';

/** Between two looks at a deletion, and how long all of them are waited for: the rest goes another time. */
const LOOK_MS = 100;
const PATIENCE_MS = 30_000;

/**
 * Whether tombstones are kept: what stands in `events` against one is deleted, and its visitors are touched. Nothing does,
 * unless a worker of ingest was paused for long between reading a batch and writing it, or somebody wrote rows by hand, or
 * brought a table back from a backup.
 */
export const createErased = ({
  clickhouse,
  erasures,
  newId,
  metrics,
  logger,
}: {
  clickhouse: ClickHouse;
  erasures: Pick<Control['erasures'], 'tombstones'>;
  newId: () => string;
  metrics: AggregatorMetrics;
  logger: Logger;
}) => {
  const forget = createForget(clickhouse);

  const forgetAgain = async (of: Visitors, up_to: number, end: number): Promise<void> => {
    while ((await forget.deleteEvents(of, up_to)) === 'under_way') {
      if (performance.now() > end) throw new Error('events of erased visitors are still being deleted');
      await sleep(LOOK_MS);
    }
    await forget.touch(of, newId());
  };

  return {
    async keep(): Promise<void> {
      const end = performance.now() + PATIENCE_MS;
      const tombstones = await erasures.tombstones(0);
      for (const { up_to, ...of } of await forget.overdue(tombstones)) {
        metrics.erasedAgain.inc(of.visitors.length);
        logger.warn({ store_id: of.store_id }, 'events of an erased visitor had come back, and go again');
        await forgetAgain(of, up_to, end);
      }
    },
  };
};
export type Erased = ReturnType<typeof createErased>;
