import type { Metrics } from '@cartledger/service';
import type { Count } from './measures.ts';
import type { Accepted } from './take-in.ts';

export type IngestMetrics = ReturnType<typeof createIngestMetrics>;

/** Every counter of ingest. Labels are from closed sets: no id that a sender chooses. */
export const createIngestMetrics = (metrics: Metrics) => {
  const counters = createCounters(metrics);
  return { ...counters, /** Counts a batch that is in the store. */ count: countInto(counters) };
};

const countInto =
  ({ accepted, imported, junkIds, late }: ReturnType<typeof createCounters>) =>
  (landed: readonly Accepted[], counts: readonly Count[]): void => {
    // Added up first: a labelled counter costs as much as an event's row.
    const sources = new Map<string, number>();
    let imports = 0;
    for (const { event, receipt, junk } of landed) {
      const source = event.source ?? 'server';
      sources.set(source, (sources.get(source) ?? 0) + 1);
      if (receipt.imported) imports += 1;
      // Lines are numbered in a path: counted by field, not by place.
      for (const path of junk) junkIds.inc({ field: path.replaceAll(/\[\d+\]/g, '[]') });
    }
    for (const [source, n] of sources) accepted.inc({ source }, n);
    imported.inc(imports);
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
  batches: metrics.counter('cartledger_ingest_batches_total', 'Batches taken in to the end', ['partition']),
  batchRows: metrics.histogram(
    'cartledger_ingest_batch_rows',
    'Records of a batch',
    [],
    [1, 10, 100, 1_000, 5_000, 20_000, 50_000],
  ),
  insertSeconds: metrics.histogram('cartledger_ingest_insert_seconds', 'Duration of answered inserts', ['table']),
  retries: metrics.counter('cartledger_ingest_retries_total', 'Failed attempts that are made again', ['step', 'code']),
  bisections: metrics.counter('cartledger_ingest_bisections_total', 'Refused inserts that were split in two'),
  deadLetterStubs: metrics.counter('cartledger_ingest_dead_letter_stubs_total', 'Dead letters kept as digest only'),
  commits: metrics.counter('cartledger_ingest_commits_total', 'Commits of offsets by outcome', ['outcome']),
  lost: metrics.counter(
    'cartledger_ingest_lost_records_total',
    'Offsets that retention removed before they were read: alarm on any',
    ['partition'],
  ),
  bytesInFlight: metrics.gauge('cartledger_ingest_bytes_in_flight', 'Bytes handed over and not yet in the store'),
  lag: metrics.gauge('cartledger_ingest_lag_records', 'Offsets between position and end of the log', ['partition']),
  takenInUpTo: metrics.gauge(
    'cartledger_ingest_taken_in_up_to_seconds',
    'Unix time up to which a partition has been taken in',
    ['partition'],
  ),
  restarts: metrics.counter('cartledger_ingest_consumer_restarts_total', 'Restarts of a consumer that stood still'),
});
