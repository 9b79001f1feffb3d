import type { Counter, Histogram, Metrics } from '@cartledger/service';
import type { RejectedEvent } from './intake.ts';

export type CollectorMetrics = {
  readonly seconds: Histogram;
  readonly requests: Counter<'status'>;
  readonly bytes: Counter;
  /** Counts the outcome of every event of a request. */
  count(accepted: number, rejected: readonly RejectedEvent[], junk: readonly string[]): void;
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
