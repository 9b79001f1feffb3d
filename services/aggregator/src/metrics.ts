import type { Metrics } from '@cartledger/service';

export type AggregatorMetrics = ReturnType<typeof createAggregatorMetrics>;

export const createAggregatorMetrics = (metrics: Metrics) => ({
  runs: metrics.counter('cartledger_aggregator_runs_total', 'Runs by outcome', ['outcome']),
  runSeconds: metrics.histogram('cartledger_aggregator_run_seconds', 'Duration of runs that did something'),
  batches: metrics.counter('cartledger_aggregator_batches_total', 'Ingest batches taken into the ledgers'),
  pendingBatches: metrics.gauge('cartledger_aggregator_pending_batches', 'Ingest batches listed and not yet done'),
  visitors: metrics.counter('cartledger_aggregator_visitors_total', 'Visitors recomputed'),
  events: metrics.counter('cartledger_aggregator_events_total', 'Events read to recompute ledger rows'),
  rows: metrics.counter('cartledger_aggregator_rows_total', 'Ledger rows by what became of them', ['change']),
  largestComponent: metrics.gauge(
    'cartledger_aggregator_largest_component_events',
    'Events of the largest component recomputed: alarm when it grows into the hundred thousands',
  ),
  unknownStores: metrics.counter('cartledger_aggregator_unknown_stores_total', 'Touches of stores that do not exist'),
  dirtyDays: metrics.gauge('cartledger_aggregator_dirty_days', 'Days whose rollups are behind their ledger rows'),
  storeFailures: metrics.counter(
    'cartledger_aggregator_store_failures_total',
    'Times the ledgers of one store could not be brought up while others were',
    ['code'],
  ),
  rebuilds: metrics.counter('cartledger_aggregator_rebuilds_total', 'Full rebuilds of a store that came to their end'),
  swept: metrics.counter('cartledger_aggregator_swept_visitors_total', 'Visitors looked at by the daily sweep'),
  skippedSlices: metrics.counter(
    'cartledger_aggregator_swept_slices_skipped_total',
    'Slices of the daily sweep that were left out: more than a day behind, or not to be read',
  ),
  mended: metrics.counter(
    'cartledger_aggregator_mended_total',
    'Ledger rows and rollups that the daily sweep found to be not as their events say: alarm when it moves, but for once after an upgrade that adds to what rows say',
    ['what'],
  ),
  erasedAgain: metrics.counter(
    'cartledger_aggregator_erased_again_total',
    'Visitors whose events were found and deleted once more after their erasure: alarm when it moves',
  ),
  retiredVisitors: metrics.counter(
    'cartledger_aggregator_retired_visitors_total',
    'Visitors removed by retention, with all that was known of them',
  ),
  retiredEvents: metrics.counter('cartledger_aggregator_retired_events_total', 'Their events, as rows'),
  retentionFailures: metrics.counter(
    'cartledger_aggregator_retention_failures_total',
    'Times the removal by retention failed and was put off for an hour: alarm when it moves',
    ['code'],
  ),
  upkeepFailures: metrics.counter(
    'cartledger_aggregator_upkeep_failures_total',
    'Times the daily clean-up (done touches, what was erased and came back) failed and was put off: alarm when it moves',
    ['code'],
  ),
  holdsLease: metrics.gauge('cartledger_aggregator_holds_lease', '1 while this aggregator may write'),
  asOf: metrics.gauge('cartledger_aggregator_as_of_seconds', 'Unix time at which the store furthest behind stands'),
});
