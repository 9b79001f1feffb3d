import type { EventLog } from '@cartledger/event-log';
import type { Orders } from './orders.ts';

/** Whether the last order to rewind is not obeyed yet, or a partition has not come back to where it stood. */
export const isRewinding = async (
  { orders, log }: { orders: Pick<Orders, 'rewind' | 'rewindReceipt'>; log: Pick<EventLog, 'committed'> },
  { topic, groupId, epoch }: { topic: string; groupId: string; epoch: string },
): Promise<boolean> => {
  const order = await orders.rewind();
  // Of another life of the topic: nobody obeys it any more.
  if (order === null || order.epoch !== epoch) return false;
  const committed = await log.committed(topic, groupId);
  for (const { partition } of order.targets) {
    const receipt = await orders.rewindReceipt(partition);
    if (receipt?.id !== order.id) return true;
    if (receipt.from !== null && (committed.get(partition)?.offset ?? 0n) < receipt.from) return true;
  }
  return false;
};
