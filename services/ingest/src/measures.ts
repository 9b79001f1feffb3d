import { eventTime, SKEW_TOLERANCE_MS } from '@cartledger/events';
import type { Accepted, Rejected } from './take-in.ts';

/**
 * What is counted of deliveries for the quality report, by the store and the quarter of an hour of receipt:
 * - `delivered` accepted ones; `rejected:CODE` the others
 * - `late` received more than 24 h after they happened
 * - `junk_id` optional ids (not deliveries) that were junk and count as absent, at the collector or here
 * - `clock_error` those whose sent_at was off by more than 2 s; `clock_error_max_ms` the largest error, either way
 * - `browser_refund` refunds told by a browser, which are never summed
 */
export type Measure =
  | 'delivered'
  | 'late'
  | 'junk_id'
  | 'clock_error'
  | 'clock_error_max_ms'
  | 'browser_refund'
  | `rejected:${string}`;

/** One measure of one batch: `n` is a sum, of `clock_error_max_ms` the largest. */
export type Count = { store_id: string /** ms UTC. */; quarter: number; measure: Measure; n: number };

/** Local days of every zone begin at a quarter of an hour. */
const QUARTER_MS = 900_000;
const LATE_MS = 86_400_000;

type Bucket = { store_id: string; quarter: number; counts: Map<Measure, number> };

/** Counts what became of the records of one batch. */
export const countBatch = (accepted: readonly Accepted[], rejected: readonly Rejected[]): Count[] => {
  const buckets = new Map<string, Bucket>();
  let last: Bucket = { store_id: '', quarter: -1, counts: new Map() };

  /** Nearly always that of the record before. */
  const bucketOf = (store_id: string, received_at: number): Bucket => {
    const quarter = received_at - (received_at % QUARTER_MS);
    if (last.quarter === quarter && last.store_id === store_id) return last;
    const key = `${quarter} ${store_id}`;
    last = buckets.get(key) ?? { store_id, quarter, counts: new Map() };
    buckets.set(key, last);
    return last;
  };
  const add = ({ counts }: Bucket, measure: Measure, n: number): void => {
    counts.set(measure, (counts.get(measure) ?? 0) + n);
  };

  for (const { event, receipt, junk } of accepted) {
    const { received_at } = receipt;
    const bucket = bucketOf(event.store_id, received_at);
    add(bucket, 'delivered', 1);
    const { occurred_at, sent_at } = event;
    if (received_at - eventTime({ occurred_at, sent_at, received_at }) > LATE_MS) add(bucket, 'late', 1);
    const junkIds = junk.length + receipt.junkIds;
    if (junkIds > 0) add(bucket, 'junk_id', junkIds);
    if (event.type === 'refund' && event.source === 'browser') add(bucket, 'browser_refund', 1);
    if (sent_at === undefined) continue;
    const error = Math.abs(received_at - sent_at);
    if (error <= SKEW_TOLERANCE_MS) continue;
    add(bucket, 'clock_error', 1);
    bucket.counts.set('clock_error_max_ms', Math.max(bucket.counts.get('clock_error_max_ms') ?? 0, error));
  }
  for (const { store_id, received_at, rejection } of rejected) {
    add(bucketOf(store_id, received_at), `rejected:${rejection.code}`, 1);
  }
  return [...buckets.values()].flatMap(({ store_id, quarter, counts }) =>
    [...counts].map(([measure, n]) => ({ store_id, quarter, measure, n })),
  );
};

/** What two batches make together. */
export const combine = (measure: Measure, a: number, b: number): number =>
  measure === 'clock_error_max_ms' ? Math.max(a, b) : a + b;
