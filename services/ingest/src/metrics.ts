import { SOURCES } from '@cartledger/events';
import type { Metrics } from '@cartledger/service';
import type { Count, Summary } from './measures.ts';
import { QUERYABLE_BOUNDS } from './queryable.ts';

export type IngestMetrics = ReturnType<typeof createIngestMetrics>;

/** Every counter of ingest. Labels are from closed sets: no id that a sender chooses. */
export const createIngestMetrics = (metrics: Metrics) => {
  const counters = createCounters(metrics);
  const { position, lag, headroom, takenInUpTo } = counters;
  return {
    ...counters,
    /** Counts a batch that is in the store. */
    count: countInto(counters),
    /** Of a partition that is another's by now the last figures would stand here for ever. */
    forgetPartition: (partition: number): void => {
      for (const gauge of [position, lag, headroom, takenInUpTo]) gauge.remove({ partition: String(partition) });
    },
  };
};

const countInto =
  ({ accepted, imported, repeated, junkIds, late }: ReturnType<typeof createCounters>) =>
  (landed: Summary, counts: readonly Count[]): void => {
    for (const [index, source] of SOURCES.entries()) {
      const n = landed.bySource[index] ?? 0;
      if (n > 0) accepted.inc({ source }, n);
    }
    imported.inc(landed.imported);
    repeated.inc(landed.repeated);
    // Lines are numbered in a path: counted by field, not by place.
    for (const path of landed.junk) junkIds.inc({ field: path.replaceAll(/\[\d+\]/g, '[]') });
    for (const { measure, n } of counts) if (measure === 'late') late.inc(n);
  };

const createCounters = (metrics: Metrics) => ({
  records: metrics.counter('cartledger_ingest_records_total', 'Records handed over by the log', ['partition']),
  staleRecords: metrics.counter(
    'cartledger_ingest_stale_records_total',
    'Records dropped because they came twice or after their assignment',
  ),
  accepted: metrics.counter('cartledger_ingest_events_total', 'Deliveries written to the store, repeats too', [
    'source',
  ]),
  rejected: metrics.counter('cartledger_ingest_rejected_total', 'Records sent to the dead letters', ['code']),
  junkIds: metrics.counter('cartledger_ingest_junk_ids_total', 'Optional ids that were junk and count as absent', [
    'field',
  ]),
  late: metrics.counter('cartledger_ingest_late_events_total', 'Events received more than 24 h after they happened'),
  imported: metrics.counter('cartledger_ingest_imported_events_total', 'Events that came through the import door'),
  repeated: metrics.counter(
    'cartledger_ingest_repeated_events_total',
    'Deliveries of an event that their own batch had before; the quality report counts all',
  ),
  expired: metrics.counter(
    'cartledger_ingest_events_expired_total',
    'Records left out because they happened longer ago than their store keeps; counted nowhere else',
  ),
  erased: metrics.counter(
    'cartledger_ingest_events_erased_total',
    'Records left out because their visitor or customer was erased after they happened; counted nowhere else',
  ),
  batches: metrics.counter('cartledger_ingest_batches_total', 'Batches taken in to the end', ['partition']),
  batchRows: metrics.histogram(
    'cartledger_ingest_batch_rows',
    'Records of a batch',
    [],
    [1, 10, 100, 1_000, 5_000, 20_000, 50_000],
  ),
  insertSeconds: metrics.histogram('cartledger_ingest_insert_seconds', 'Duration of answered inserts', ['table']),
  queryable: metrics.countedHistogram(
    'cartledger_ingest_queryable_seconds',
    'From an event’s append to the log to the answered insert that makes it queryable',
    QUERYABLE_BOUNDS,
  ),
  retries: metrics.counter('cartledger_ingest_retries_total', 'Failed attempts that are made again', ['step', 'code']),
  bisections: metrics.counter('cartledger_ingest_bisections_total', 'Refused inserts that were split in two'),
  deadLetterStubs: metrics.counter('cartledger_ingest_dead_letter_stubs_total', 'Dead letters kept as digest only'),
  commits: metrics.counter('cartledger_ingest_commits_total', 'Commits of offsets by outcome', ['outcome']),
  assignments: metrics.counter('cartledger_ingest_assignments_total', 'Partitions that came and went by rebalances', [
    'change',
  ]),
  lost: metrics.counter(
    'cartledger_ingest_lost_records_total',
    'Offsets that retention removed before they were read: alarm on any',
    ['partition'],
  ),
  tailsLost: metrics.counter(
    'cartledger_ingest_tails_lost_total',
    'Times a partition ended before what had been read of it, and was read again from its start: alarm on any',
    ['partition'],
  ),
  undecodable: metrics.counter(
    'cartledger_ingest_undecodable_records_total',
    'Offsets passed over because nobody can decode them and an operator set them aside',
    ['partition'],
  ),
  bytesInFlight: metrics.gauge('cartledger_ingest_bytes_in_flight', 'Bytes handed over and not yet in the store'),
  position: metrics.gauge(
    'cartledger_ingest_position',
    'Offset after the last record that is in the store; the commit may be behind it',
    ['partition'],
  ),
  lag: metrics.gauge('cartledger_ingest_lag_records', 'Offsets between position and end of the log', ['partition']),
  headroom: metrics.gauge(
    'cartledger_ingest_retention_headroom_ratio',
    'Share of the kept log that is taken in: at 0 retention removes what has not been read',
    ['partition'],
  ),
  takenInUpTo: metrics.gauge(
    'cartledger_ingest_taken_in_up_to_seconds',
    'Unix time up to which a partition has been taken in',
    ['partition'],
  ),
  restarts: metrics.counter('cartledger_ingest_consumer_restarts_total', 'Restarts of a consumer that stood still'),
});
