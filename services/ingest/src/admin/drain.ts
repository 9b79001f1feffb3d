import { randomUUID } from 'node:crypto';
import { type Drain, ORDER_DRAIN, RESUME, SHOW_DRAIN } from '@cartledger/operations';
import { createOrders } from '../orders.ts';
import type { AdminRoutes } from './routes.ts';
import { serve } from './serve.ts';

/**
 * Draining: all workers of the group stop fetching until that is taken back; it is shown which partition has obeyed, and
 * who said so. The order is kept: a restart changes nothing.
 */
export const addDrainRoutes = ({ app, deps, config }: AdminRoutes): void => {
  const { log, control, logger, now } = deps;
  const { topic, groupId } = config;
  const orders = createOrders(control.state, { topic, now });

  const report = async (): Promise<Drain> => {
    const order = await orders.drain();
    const [lags, committed] = await Promise.all([log.offsets(topic), log.committed(topic, groupId)]);
    const partitions = await Promise.all(
      lags
        .toSorted((a, b) => a.partition - b.partition)
        .map(async ({ partition, earliest, end }) => {
          const receipt = order === null ? null : await orders.drainReceipt(partition);
          const given = receipt !== null && receipt.id === order?.id ? receipt : null;
          const offset = committed.get(partition)?.offset ?? null;
          return {
            partition,
            drained: given !== null,
            by: given?.by ?? null,
            at: given === null ? null : new Date(given.at).toISOString(),
            committed_offset: offset === null ? null : Number(offset),
            waiting: Number(end - (offset === null || offset < earliest ? earliest : offset)),
          };
        }),
    );
    return {
      ordered: order !== null,
      order: order?.id ?? null,
      since: order === null ? null : new Date(order.at).toISOString(),
      drained: order !== null && partitions.every(({ drained }) => drained),
      partitions,
    };
  };

  serve(app, SHOW_DRAIN, report);
  serve(app, ORDER_DRAIN, async ({ by }) => {
    // One that stands already is the same order: its receipts hold.
    const standing = await orders.drain();
    if (standing === null) {
      const order = { id: randomUUID(), at: now() };
      await orders.setDrain(order);
      logger.warn({ order: order.id, by }, 'ordered to drain');
    }
    return report();
  });
  serve(app, RESUME, async ({ by }) => {
    await orders.setDrain(null);
    logger.warn({ by }, 'the order to drain is taken back');
    return report();
  });
};
