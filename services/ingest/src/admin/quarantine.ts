import { LIST_QUARANTINE, SET_ASIDE } from '@cartledger/operations';
import type { SetAside } from '../quarantine.ts';
import { badRequest } from './errors.ts';
import type { AdminRoutes } from './routes.ts';
import { serve } from './serve.ts';
import { receiptOf } from './status.ts';

/** Ranges set aside, with their receipts. */
export const addQuarantineRoutes = ({ app, deps, config }: AdminRoutes): void => {
  const { log, ingest, quarantine } = deps;
  const { topic } = config;

  /** Receipts by the life of the topic that there is now. */
  const answer = (range: SetAside, topicEpoch: string) => ({
    ...receiptOf(range),
    present: range.topicEpoch === topicEpoch,
  });

  serve(app, LIST_QUARANTINE, async () => {
    await quarantine.refreshIfStale();
    const topicEpoch = await log.topicEpoch(topic);
    return { quarantined: quarantine.ranges.map((range) => answer(range, topicEpoch)) };
  });

  serve(app, SET_ASIDE, async ({ body: { partition, first_offset, last_offset, reason }, by }) => {
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
      by,
    });
    const position = ingest.partitions().find((one) => one.partition === partition)?.position;
    const before = typeof position === 'bigint' && position > range.first ? position : range.first;
    const left = range.last + 1n - before;
    return {
      ...answer(range, topicEpoch),
      // What had been taken in before stays: only a reading from an earlier offset meets the rest of the range.
      records_before_position: Number(
        before - range.first > range.last - range.first + 1n ? range.last + 1n - range.first : before - range.first,
      ),
      records_ahead: Number(left > 0n ? left : 0n),
    };
  });
};
