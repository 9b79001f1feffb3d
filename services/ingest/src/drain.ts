import type { LogConsumer } from '@cartledger/event-log';
import type { Logger } from '@cartledger/service';
import type { DrainOrder, Orders } from './orders.ts';
import type { PartitionWorker } from './partition-worker.ts';

/**
 * Stops fetching while an order to drain stands: what was handed over is finished and committed, and each partition that
 * is through gives its receipt. The order is of the group, not of a process: it holds until it is taken back.
 */
export const createDrain = ({
  orders,
  instance,
  logger,
  now,
}: {
  orders: Pick<Orders, 'drain' | 'drainReceipt' | 'giveDrainReceipt'>;
  instance: string;
  logger: Logger;
  now: () => number;
}) => {
  let order: DrainOrder | null = null;
  /** By partition: the order and the position that a receipt was given for. */
  const given = new Map<number, string>();

  const read = async (): Promise<void> => {
    const before = order;
    order = await orders.drain();
    if (order !== null && order.id !== before?.id)
      logger.warn({ order: order.id }, 'draining: nothing more is fetched');
  };

  const giveReceipt = async (partition: number, worker: PartitionWorker, { id }: DrainOrder): Promise<void> => {
    const { position, busy } = worker.progress;
    const key = `${id} ${worker.assignmentEpoch} ${position}`;
    if (busy || given.get(partition) === key || !(await worker.commitAgain())) return;
    await orders.giveDrainReceipt(partition, {
      id,
      by: instance,
      position: position === 'earliest' ? null : position,
      at: now(),
    });
    given.set(partition, key);
    logger.info({ partition, position: String(position) }, 'drained');
  };

  return {
    get held() {
      return order !== null;
    },
    load: read,
    obey: async (
      workers: ReadonlyMap<number, PartitionWorker>,
      consumer: LogConsumer,
    ): Promise<'nothing' | 'resume'> => {
      const wasHeld = order !== null;
      await read();
      if (order === null) {
        if (wasHeld) logger.info('draining is over: fetching goes on');
        return wasHeld ? 'resume' : 'nothing';
      }
      for (const [partition, worker] of workers) {
        // Each time: a new assignment begins unpaused.
        consumer.pause(partition);
        await giveReceipt(partition, worker, order);
      }
      return 'nothing';
    },
  };
};
