import { z } from 'zod';
import type { SetAside } from '../quarantine.ts';
import { badRequest } from './errors.ts';
import { bodyOf } from './request.ts';
import type { AdminRoutes } from './routes.ts';
import { receiptOf } from './status.ts';

const body = z.strictObject({
  partition: z.int().min(0),
  /** Inclusive, both. */
  first_offset: z.int().min(0),
  last_offset: z.int().min(0),
  reason: z.string().trim().min(1).max(200),
});

/** Ranges set aside, with their receipts. */
export const addQuarantineRoutes = ({ app, deps, config }: AdminRoutes): void => {
  const { log, ingest, quarantine } = deps;
  const { topic } = config;

  /** Receipts by the life of the topic that there is now. */
  const answer = (range: SetAside, topicEpoch: string) => ({
    ...receiptOf(range),
    present: range.topicEpoch === topicEpoch,
  });

  app.get('/quarantine', async (c) => {
    await quarantine.refreshIfStale();
    const topicEpoch = await log.topicEpoch(topic);
    return c.json({ quarantined: quarantine.ranges.map((range) => answer(range, topicEpoch)) });
  });

  app.post('/quarantine', async (c) => {
    const { partition, first_offset, last_offset, reason } = await bodyOf(c, body);
    if (first_offset > last_offset)
      throw badRequest(
        'last_offset',
        `last_offset is ${last_offset}: give one from first_offset (${first_offset}) on.`,
      );
    const [topicEpoch, lags] = await Promise.all([log.topicEpoch(topic), log.offsets(topic)]);
    const lag = lags.find((one) => one.partition === partition);
    if (lag === undefined)
      throw badRequest('partition', `partition is ${partition}: ${topic} has partitions 0 to ${lags.length - 1}.`);
    // A slip of the hand there would set aside what has not been sent yet.
    if (BigInt(last_offset) >= lag.end)
      throw badRequest('last_offset', `last_offset is ${last_offset}: partition ${partition} ends before ${lag.end}.`);
    const range = await quarantine.add({
      topicEpoch,
      partition,
      first: BigInt(first_offset),
      last: BigInt(last_offset),
      reason,
      by: c.get('caller').key_id,
    });
    const position = ingest.partitions().find((one) => one.partition === partition)?.position;
    const before = typeof position === 'bigint' && position > range.first ? position : range.first;
    const left = range.last + 1n - before;
    return c.json(
      {
        ...answer(range, topicEpoch),
        // What had been taken in before stays: only a reading from an earlier offset meets the rest of the range.
        records_before_position: Number(
          before - range.first > range.last - range.first + 1n ? range.last + 1n - range.first : before - range.first,
        ),
        records_ahead: Number(left > 0n ? left : 0n),
      },
      201,
    );
  });
};
