/** When a round has come to rest: all that was taken is in the reports. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ClickHouse } from '@cartledger/clickhouse';
import type { Fleet } from './fleet.ts';
import { readStanding } from './kept.ts';
import { STORES } from './shop.ts';
import type { Topic } from './topic.ts';

export type Rest = {
  /** Whether it is so now; false also where it cannot be told. */
  isReached(): Promise<boolean>;
  /** Throws when it is not so within four minutes. */
  reached(): Promise<void>;
};

const REST_MS = 240_000;

const spooled = async (fleet: Fleet): Promise<number> => {
  const response = await fetch(`${fleet.urlOf('collector')}/metrics`, { signal: AbortSignal.timeout(5_000) });
  return Number(/^cartledger_collector_spool_events (\d+)/m.exec(await response.text())?.[1] ?? Number.NaN);
};

export const createRest = ({
  fleet,
  topic,
  clickhouse,
}: {
  fleet: Fleet;
  topic: Topic;
  clickhouse: ClickHouse;
}): Rest => {
  /** Since when nothing waits before the ledgers, ms UTC: reports have to stand there or later. */
  let since: number | null = null;
  let seen = '';

  const look = async (): Promise<boolean> => {
    const [inSpool, lag, { pending, stores, asOf }] = await Promise.all([
      spooled(fleet),
      topic.lag(),
      readStanding(clickhouse),
    ]);
    seen = JSON.stringify({ inSpool, lag: Number(lag), pending, stores, asOf, since });
    since = inSpool === 0 && lag === 0n ? (since ?? Date.now()) : null;
    return since !== null && pending === 0 && stores === STORES.length && asOf >= since;
  };
  const isReached = (): Promise<boolean> =>
    look().catch((error: unknown) => {
      seen = String(error);
      return false;
    });

  return {
    isReached,
    reached: async () => {
      const deadline = performance.now() + REST_MS;
      while (!(await isReached())) {
        if (performance.now() > deadline) throw new Error(`not at rest within ${REST_MS / 1_000} s: ${seen}`);
        await delay(500);
      }
    },
  };
};
