import { SKEW_TOLERANCE_MS, SOURCES } from '@cartledger/events';
import { FLAG, HASH, INT, NUMBER, ROW_HASHES, ROW_INTS, ROW_NUMBERS, type RowSet, SOURCE_SHIFT } from './scan/rows.ts';
import type { Rejected } from './take-in.ts';

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
const BROWSER = SOURCES.indexOf('browser');

type Bucket = { store_id: string; quarter: number; counts: Map<Measure, number> };

const add = ({ counts }: Bucket, measure: Measure, n: number): void => {
  counts.set(measure, (counts.get(measure) ?? 0) + n);
};

const quarterOf = (received_at: number): number => received_at - (received_at % QUARTER_MS);

/** Counts what became of the records of one batch. */
export const countBatch = ({ rows, order }: RowSet, rejected: readonly Rejected[]): Count[] => {
  const buckets = new Map<string, Bucket>();
  const bucketOf = (store_id: string, quarter: number): Bucket => {
    const key = `${quarter} ${store_id}`;
    const bucket = buckets.get(key) ?? { store_id, quarter, counts: new Map() };
    buckets.set(key, bucket);
    return bucket;
  };

  const { ints, numbers, stores } = rows;
  /** By store and quarter as one number: no text is made of each event. */
  const known = new Map<number, Bucket>();
  for (const row of order) {
    const base = row * ROW_INTS;
    const times = row * ROW_NUMBERS;
    const received_at = numbers[times + NUMBER.received_at] ?? 0;
    const store = ints[base + INT.store] ?? 0;
    const quarter = quarterOf(received_at);
    const place = (quarter / QUARTER_MS) * stores.length + store;
    const bucket = known.get(place) ?? bucketOf(stores[store] ?? '', quarter);
    known.set(place, bucket);
    add(bucket, 'delivered', 1);
    if (received_at - (numbers[times + NUMBER.event_time] ?? 0) > LATE_MS) add(bucket, 'late', 1);
    const junkIds = ints[base + INT.junkIds] ?? 0;
    if (junkIds > 0) add(bucket, 'junk_id', junkIds);
    const flags = ints[base + INT.flags] ?? 0;
    if ((flags & FLAG.isRefund) !== 0 && flags >> SOURCE_SHIFT === BROWSER) add(bucket, 'browser_refund', 1);
    const error = Math.abs(received_at - (numbers[times + NUMBER.sent_at] ?? Number.NaN));
    if (!(error > SKEW_TOLERANCE_MS)) continue;
    add(bucket, 'clock_error', 1);
    bucket.counts.set('clock_error_max_ms', Math.max(bucket.counts.get('clock_error_max_ms') ?? 0, error));
  }
  for (const { store_id, received_at, rejection } of rejected) {
    add(bucketOf(store_id, quarterOf(received_at)), `rejected:${rejection.code}`, 1);
  }
  return [...buckets.values()].flatMap(({ store_id, quarter, counts }) =>
    [...counts].map(([measure, n]) => ({ store_id, quarter, measure, n })),
  );
};

/** What the process counts of events that landed, over all stores. */
export type Summary = {
  /** By index in SOURCES. */
  bySource: readonly number[];
  imported: number;
  /** Deliveries of an event of which another is among them. */
  repeated: number;
  /** Paths of ids that ingest itself found to be junk. */
  junk: readonly string[];
};

export const summaryOf = ({ rows, order }: RowSet): Summary => {
  const { ints, hashWords } = rows;
  const bySource = SOURCES.map(() => 0);
  let imported = 0;
  let repeated = 0;
  for (let at = 0; at < order.length; at += 1) {
    const row = order[at] ?? 0;
    const flags = ints[row * ROW_INTS + INT.flags] ?? 0;
    const source = flags >> SOURCE_SHIFT;
    bySource[source] = (bySource[source] ?? 0) + 1;
    if ((flags & FLAG.imported) !== 0) imported += 1;
    // Rows of one event are neighbours.
    const next = order[at + 1];
    if (next !== undefined && isSameEvent(ints, hashWords, row, next)) repeated += 1;
  }
  const landed = rows.junk.size === 0 ? [] : order;
  const junk = [...landed].flatMap((row) => rows.junk.get(row) ?? []);
  return { bySource, imported, repeated, junk };
};

const isSameEvent = (ints: Int32Array, hashWords: Uint32Array, a: number, b: number): boolean => {
  if (ints[a * ROW_INTS + INT.store] !== ints[b * ROW_INTS + INT.store]) return false;
  const [wordsA, wordsB] = [a * ROW_HASHES * 2, b * ROW_HASHES * 2];
  for (const hash of [HASH.visitor, HASH.event]) {
    const [lowA, lowB] = [wordsA + hash * 2, wordsB + hash * 2];
    if (hashWords[lowA] !== hashWords[lowB] || hashWords[lowA + 1] !== hashWords[lowB + 1]) return false;
  }
  return true;
};

/** What two batches make together. */
export const combine = (measure: Measure, a: number, b: number): number =>
  measure === 'clock_error_max_ms' ? Math.max(a, b) : a + b;
