import type { Clock, Counter, Histogram, Metrics } from '@cartledger/service';
import type { RejectedEvent } from './intake.ts';
import type { Spool } from './spool.ts';
import { SPOOLING_STATES, type SpoolingState } from './spooling-appender.ts';

export type CollectorMetrics = {
  readonly seconds: Histogram;
  readonly requests: Counter<'status'>;
  readonly bytes: Counter;
  /** Counts the outcome of every event of a request. */
  count(accepted: number, rejected: readonly RejectedEvent[], junk: readonly string[]): void;
};

/** How much is in the spool and how it fares. `state`: of the appender that uses it. */
export const createSpoolMetrics = (
  { metrics, spool, now }: { metrics: Metrics; spool: Pick<Spool, 'size'>; now: Clock },
  state: () => SpoolingState,
) => {
  metrics.gauge('cartledger_collector_spool_events', 'Accepted events that wait on disk for the log', [], async (g) =>
    g.set((await spool.size()).events),
  );
  metrics.gauge('cartledger_collector_spool_bytes', 'Bytes of the events that wait on disk', [], async (g) =>
    g.set((await spool.size()).bytes),
  );
  metrics.gauge(
    'cartledger_collector_spool_oldest_seconds',
    'How long the oldest event that waits on disk has waited',
    [],
    async (g) => g.set(Math.max(0, now() - ((await spool.size()).oldestAt ?? now())) / 1_000),
  );
  metrics.gauge('cartledger_collector_state', '1 for the way events go: direct, spooling, draining', ['state'], (g) => {
    for (const each of SPOOLING_STATES) g.set({ state: each }, each === state() ? 1 : 0);
  });
  const spooled = metrics.counter('cartledger_collector_spooled_events_total', 'Events put into the spool');
  const drained = metrics.counter('cartledger_collector_drained_events_total', 'Events sent from the spool to the log');
  return {
    onSpooled: (events: number) => spooled.inc(events),
    onDrained: (events: number) => drained.inc(events),
  };
};

/** Every label is from a closed list: reject codes, field names, statuses. */
export const createCollectorMetrics = (metrics: Metrics): CollectorMetrics => {
  const events = metrics.counter(
    'cartledger_collector_events_total',
    'Events by outcome: accepted, or the reject code',
    ['outcome'],
  );
  const junkIds = metrics.counter(
    'cartledger_collector_junk_ids_total',
    'Optional ids dropped because they were none (null, undefined, 0)',
    ['field'],
  );
  return {
    seconds: metrics.histogram('cartledger_collector_request_seconds', 'Time to answer a request'),
    requests: metrics.counter('cartledger_collector_requests_total', 'Requests by status', ['status']),
    bytes: metrics.counter('cartledger_collector_body_bytes_total', 'Bytes of bodies, unpacked'),
    count(accepted, rejected, junk) {
      if (accepted > 0) events.inc({ outcome: 'accepted' }, accepted);
      for (const { code } of rejected) events.inc({ outcome: code });
      // Positions in a list would be a label without end: items[17].variant_id is items.variant_id.
      for (const field of junk) junkIds.inc({ field: field.replaceAll(/\[\d+\]/g, '') });
    },
  };
};
