import { type PartitionStatus, type PartitionWord, type Receipt, SHOW_STATUS } from '@cartledger/operations';
import { createOrders } from '../orders.ts';
import { readWord, wordOf } from '../partition-word.ts';
import type { SetAside } from '../quarantine.ts';
import type { AdminRoutes } from './routes.ts';
import { serve } from './serve.ts';

/** A receipt as it is answered. */
export const receiptOf = ({ id, topicEpoch, partition, first, last, reason, by, at }: SetAside): Receipt => ({
  id,
  topic_epoch: topicEpoch,
  partition,
  first_offset: Number(first),
  last_offset: Number(last),
  reason,
  by,
  at: new Date(at).toISOString(),
});

/** Where each partition of the topic stands: of those that other workers have, as they told last. */
export const addStatusRoute = ({ app, deps, config }: AdminRoutes): void => {
  const { ingest, log, control, quarantine, now } = deps;
  const { topic, groupId } = config;
  const orders = createOrders(control.state, { topic, now });

  serve(app, SHOW_STATUS, async () => {
    const at = now();
    const [lags, topicEpoch, positions, drain] = await Promise.all([
      log.offsets(topic),
      log.topicEpoch(topic),
      control.positions.list(topic),
      orders.drain(),
    ]);
    const ours = new Map(ingest.partitions().map((one) => [one.partition, one]));
    // By partition: when the order that stands was obeyed.
    const drainedAt = new Map<number, number>();
    if (drain !== null)
      await Promise.all(
        lags.map(async ({ partition }) => {
          const receipt = await orders.drainReceipt(partition);
          if (receipt?.id === drain.id) drainedAt.set(partition, receipt.at);
        }),
      );
    const reported = new Map(positions.map((one) => [one.partition, one]));

    const rowOf = ({ partition, earliest, end }: (typeof lags)[number]): PartitionStatus => {
      const own = ours.get(partition);
      const known = reported.get(partition);
      const told = own === undefined ? known?.told : { worker: own.worker, at, word: null };
      const unknown: PartitionWord = {
        topic_epoch: topicEpoch,
        assignment_epoch: null,
        state: 'unknown',
        since: null,
        why: null,
      };
      const word = own === undefined ? told && readWord(told, at) : wordOf(own);
      const obeyed = word?.state === 'reading' ? drainedAt.get(partition) : undefined;
      const takenInUpTo = known === undefined || known.taken_in_up_to === 0 ? null : known.taken_in_up_to;
      const reached = own?.position === 'earliest' ? null : (own?.position ?? known?.position ?? null);
      const position = reached === null || reached < earliest ? earliest : reached;
      const lag = end > position ? Number(end - position) : 0;
      return {
        partition,
        worker: told?.worker ?? null,
        told_at: told ? new Date(told.at).toISOString() : null,
        ...(word ?? unknown),
        ...(obeyed !== undefined && { state: 'drained', since: new Date(obeyed).toISOString() }),
        position: Number(position),
        earliest: Number(earliest),
        end: Number(end),
        lag_events: lag,
        // Null: nobody has read it to any end yet.
        lag_seconds: lag === 0 ? 0 : takenInUpTo === null ? null : Math.max(0, Math.round((at - takenInUpTo) / 1_000)),
        taken_in_up_to: takenInUpTo === null ? null : new Date(takenInUpTo).toISOString(),
      };
    };

    const { ready, reason } = ingest.readiness();
    return {
      topic,
      group: groupId,
      at: new Date(at).toISOString(),
      ready,
      reason,
      // Ordered by an operator: nothing is fetched.
      draining_since: drain === null ? null : new Date(drain.at).toISOString(),
      partitions: lags.toSorted((a, b) => a.partition - b.partition).map(rowOf),
      quarantined: quarantine.ranges.filter((range) => range.topicEpoch === topicEpoch).map(receiptOf),
    };
  });
};
