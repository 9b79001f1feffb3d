import { randomUUID } from 'node:crypto';
import { ORDER_REWIND, type Rewind, SHOW_REWIND } from '@cartledger/operations';
import { defineError } from '@cartledger/service';
import { createBackfillDocument } from '../backfill/document.ts';
import { createOrders, type RewindOrder } from '../orders.ts';
import { badRequest } from './errors.ts';
import type { AdminRoutes } from './routes.ts';
import { serve } from './serve.ts';

const nothingToRewind = defineError('nothing_to_rewind', 409, (message: string) => ({ message }));

const backfillUnderWay = defineError(
  'backfill_under_way',
  409,
  (id: number) =>
    `Backfill ${id} is under way, and would lose what a rewind brings back: go on with it to its end (cartledger ingest backfill) or cancel it (--cancel) first.`,
);

/** Rewinding: partitions are set back, each by the worker that has it; the last order is shown with its receipts. */
export const addRewindRoutes = ({ app, deps, config }: AdminRoutes): void => {
  const { log, control, logger, now } = deps;
  const { topic, groupId } = config;
  const orders = createOrders(control.state, { topic, now });
  const backfills = createBackfillDocument(control, { topic });

  const report = async (order: RewindOrder | null): Promise<Rewind> => {
    if (order === null) return { order: null, at: null, done: true, partitions: [] };
    const partitions = await Promise.all(
      order.targets.map(async ({ partition, asked: offset }) => {
        const receipt = await orders.rewindReceipt(partition);
        const given = receipt !== null && receipt.id === order.id ? receipt : null;
        return {
          partition,
          asked_offset: Number(offset),
          done: given !== null,
          by: given?.by ?? null,
          at: given === null ? null : new Date(given.at).toISOString(),
          from_offset: given === null || given.from === null ? null : Number(given.from),
          to_offset: given === null ? null : Number(given.to),
          counts_exact: given?.countsExact ?? null,
        };
      }),
    );
    const done = partitions.every((one) => one.done);
    return { order: order.id, at: new Date(order.at).toISOString(), done, partitions };
  };

  serve(app, SHOW_REWIND, async () => report(await orders.rewind()));

  serve(app, ORDER_REWIND, async ({ body: { to, partition }, by }) => {
    const all = (await log.offsets(topic)).toSorted((a, b) => a.partition - b.partition);
    if (partition !== undefined && !all.some((lag) => lag.partition === partition))
      throw badRequest('partition', `partition is ${partition}: the topic has ${all.length}, from 0 on.`);
    if (typeof to === 'number' && partition === undefined && all.length > 1)
      throw badRequest('to', 'An offset is one partition’s: name it too, or give a time, or earliest.');
    const times = typeof to === 'object' ? await log.offsetsAt?.(topic, to.time) : new Map<number, bigint>();
    if (times === undefined) throw badRequest('to', 'This log cannot find offsets by time: give an offset.');

    const committed = await log.committed(topic, groupId);
    const targets = all.flatMap((lag) => {
      if (partition !== undefined && lag.partition !== partition) return [];
      const wanted = typeof to === 'number' ? BigInt(to) : (times.get(lag.partition) ?? lag.earliest);
      const offset = wanted < lag.earliest ? lag.earliest : wanted;
      const position = committed.get(lag.partition)?.offset ?? lag.earliest;
      // Never forward: what is skipped is lost.
      return offset < position ? [{ partition: lag.partition, asked: offset }] : [];
    });
    if (targets.length === 0)
      throw nothingToRewind('Every partition asked for stands there, or before it, already. Rewinding only goes back.');
    const order = { id: randomUUID(), at: now(), epoch: await log.topicEpoch(topic), targets };
    await backfills.alone(async (runs) => {
      // One that has compared copies once more before it goes on; after the exchange what is added is added to the new table.
      const run = runs.find(({ endedAt, state }) => endedAt === null && state !== 'compared' && state !== 'telling');
      if (run !== undefined) throw backfillUnderWay(run.id);
      await orders.setRewind(order);
    });
    logger.warn({ order: order.id, by, partitions: targets.length }, 'ordered to rewind');
    return report(order);
  });
};
