import { randomUUID } from 'node:crypto';
import type { EventLog } from '@cartledger/event-log';
import type { Orders } from '../orders.ts';

/** Should everybody be killed who could take an order back, fetching goes on by itself after this. */
const PAUSE_MS = 180_000;
/** An order that ends sooner is over: what is about to be done while it stands may take as long. */
const LAST_MS = 20_000;

/** By which whoever goes on with a backfill knows its orders, whoever gave them. */
const prefixOf = (run: number): string => `backfill-${run}-`;

/** The partitions of a topic stand still as ordered: by an order of a backfill, or by an operator's that stands already. */
export const createPause = (
  {
    orders,
    log,
    now,
  }: { orders: Pick<Orders, 'drain' | 'setDrain' | 'drainReceipt'>; log: EventLog; now: () => number },
  { topic }: { topic: string },
) => ({
  /** Answers an operator's order that stands, or a new one, with a new name: receipts for one before it say nothing. */
  async begin(run: number): Promise<string> {
    const standing = await orders.drain();
    if (standing !== null && !standing.id.startsWith(prefixOf(run))) return standing.id;
    const id = prefixOf(run) + randomUUID();
    await orders.setDrain({ id, at: now(), until: now() + PAUSE_MS });
    return id;
  },

  /** Where each partition stands, null for one that has not obeyed; `over`: the order does not stand any more. */
  async positions(order: string): Promise<Map<number, number | null> | 'over'> {
    const lags = await log.offsets(topic);
    const positions = new Map<number, number | null>();
    for (const { partition } of lags) {
      const receipt = await orders.drainReceipt(partition);
      // No position: nothing was ever taken in.
      positions.set(partition, receipt?.id === order ? Number(receipt.position ?? 0n) : null);
    }
    const standing = await orders.drain();
    const isOver = standing?.id !== order || (standing.until ?? Number.POSITIVE_INFINITY) < now() + LAST_MS;
    return isOver ? 'over' : positions;
  },

  /** Fetching goes on, unless it was an operator's order. */
  async end(run: number): Promise<void> {
    if ((await orders.drain())?.id.startsWith(prefixOf(run))) await orders.setDrain(null);
  },
});
export type Pause = ReturnType<typeof createPause>;
