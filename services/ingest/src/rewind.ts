import type { ClickHouse } from '@cartledger/clickhouse';
import type { Control } from '@cartledger/control';
import type { EventLog, LogConsumer } from '@cartledger/event-log';
import type { Logger } from '@cartledger/service';
import type { Orders, RewindOrder } from './orders.ts';
import type { PartitionWorker } from './partition-worker.ts';
import { encodeMetadata } from './position.ts';
import { rewindPoint } from './rewind-point.ts';

type RewindDeps = {
  orders: Pick<Orders, 'rewind' | 'rewindReceipt' | 'giveRewindReceipt'>;
  positions: Pick<Control['positions'], 'keepOnly'>;
  clickhouse: Pick<ClickHouse, 'query' | 'ping'>;
  log: Pick<EventLog, 'offsets'>;
  instance: string;
  logger: Logger;
  now: () => number;
};

/**
 * Sets partitions back where an order says, by their owner and under his assignment. Of each: its worker is stopped, as
 * when the partition is taken away; what it claimed to have taken in is withdrawn, so that reports claim no more; the
 * offset is committed; the receipt is given. Then the group is joined anew and the partition read from there. A crash in
 * between leaves a partition without a receipt: its next owner does it again, which changes nothing, for rows are
 * functions of records.
 */
export const createRewind = (
  { orders, positions, clickhouse, log, instance, logger, now }: RewindDeps,
  { topic }: { topic: string },
) => {
  /** Orders and partitions of which a receipt is known: not asked for again. */
  const obeyed = new Set<string>();

  const open = async (
    order: RewindOrder,
    workers: ReadonlyMap<number, PartitionWorker>,
  ): Promise<{ partition: number; asked: bigint; worker: PartitionWorker }[]> => {
    const found = [];
    for (const { partition, asked } of order.targets) {
      const worker = workers.get(partition);
      const key = `${order.id} ${partition}`;
      // An order for another life of the topic is never obeyed: its offsets mean nothing in this one.
      if (worker === undefined || worker.topicEpoch !== order.epoch || obeyed.has(key)) continue;
      if ((await orders.rewindReceipt(partition))?.id === order.id) obeyed.add(key);
      else found.push({ partition, asked, worker });
    }
    return found;
  };

  const setBack = async (
    order: RewindOrder,
    { partition, asked, worker }: { partition: number; asked: bigint; worker: PartitionWorker },
    consumer: LogConsumer,
  ): Promise<void> => {
    worker.stop();
    // What is under way to the store comes to its end first, so that it is counted before, not among, what follows.
    await worker.drain();
    const lags = await log.offsets(topic);
    const earliest = lags.find((lag) => lag.partition === partition)?.earliest ?? 0n;
    const point = await rewindPoint(clickhouse, { epoch: order.epoch, partition, asked });
    const countsExact = point >= earliest;
    const to = countsExact ? point : asked < earliest ? earliest : asked;
    await positions.keepOnly(
      topic,
      lags.map((lag) => lag.partition).filter((other) => other !== partition),
    );
    if (!(await consumer.commit(partition, worker.assignmentEpoch, to, encodeMetadata(order.epoch)))) return;
    const { position } = worker.progress;
    const from = position === 'earliest' ? null : position;
    await orders.giveRewindReceipt(partition, { id: order.id, by: instance, from, to, countsExact, at: now() });
    obeyed.add(`${order.id} ${partition}`);
    logger.warn({ partition, from: String(from), to: String(to), order: order.id }, 'set back as ordered');
  };

  return {
    obey: async (
      workers: ReadonlyMap<number, PartitionWorker>,
      consumer: LogConsumer,
    ): Promise<'nothing' | 'join_anew'> => {
      const order = await orders.rewind();
      if (order === null) return 'nothing';
      const todo = await open(order, workers);
      // Without the store nothing could be read anew, nor counts be continued: later.
      if (todo.length === 0 || !(await clickhouse.ping())) return 'nothing';
      try {
        for (const one of todo) await setBack(order, one, consumer);
      } catch (error) {
        logger.warn(
          { err: error, order: order.id },
          'could not set every partition back: tried again after joining anew',
        );
      }
      return 'join_anew';
    },
  };
};
