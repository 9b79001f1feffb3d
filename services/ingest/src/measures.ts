import { SKEW_TOLERANCE_MS, SOURCES } from '@cartledger/events';
import {
  FLAG,
  HASH,
  INT,
  NUMBER,
  ROW_HASHES,
  ROW_INTS,
  ROW_NUMBERS,
  type RowSet,
  type Rows,
  SOURCE_SHIFT,
} from './scan/rows.ts';
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

/** Of a store and a quarter; numbers rather than a map, for three of them change with every event. */
type Bucket = {
  store_id: string;
  quarter: number;
  delivered: number;
  late: number;
  junkIds: number;
  clockErrors: number;
  largestClockError: number;
  browserRefunds: number;
  rejected: Map<string, number>;
};

const newBucket = (store_id: string, quarter: number): Bucket => ({
  store_id,
  quarter,
  delivered: 0,
  late: 0,
  junkIds: 0,
  clockErrors: 0,
  largestClockError: 0,
  browserRefunds: 0,
  rejected: new Map(),
});

const countsOf = ({ store_id, quarter, rejected, ...sums }: Bucket): Count[] => {
  const counts: [Measure, number][] = [
    ['delivered', sums.delivered],
    ['late', sums.late],
    ['junk_id', sums.junkIds],
    ['clock_error', sums.clockErrors],
    ['clock_error_max_ms', sums.largestClockError],
    ['browser_refund', sums.browserRefunds],
    ...[...rejected].map(([code, n]): [Measure, number] => [`rejected:${code}`, n]),
  ];
  return counts.flatMap(([measure, n]) => (n > 0 ? [{ store_id, quarter, measure, n }] : []));
};

const quarterOf = (received_at: number): number => received_at - (received_at % QUARTER_MS);

/** Counts the event of one row. */
const countRow = (bucket: Bucket, { ints, numbers }: Rows, row: number): void => {
  const base = row * ROW_INTS;
  const times = row * ROW_NUMBERS;
  const received_at = numbers[times + NUMBER.received_at] ?? 0;
  bucket.delivered += 1;
  if (received_at - (numbers[times + NUMBER.event_time] ?? 0) > LATE_MS) bucket.late += 1;
  bucket.junkIds += ints[base + INT.junkIds] ?? 0;
  const flags = ints[base + INT.flags] ?? 0;
  if ((flags & FLAG.isRefund) !== 0 && flags >> SOURCE_SHIFT === BROWSER) bucket.browserRefunds += 1;
  // NaN where it was not sent, which is larger than nothing.
  const error = Math.abs(received_at - (numbers[times + NUMBER.sent_at] ?? Number.NaN));
  if (!(error > SKEW_TOLERANCE_MS)) return;
  bucket.clockErrors += 1;
  if (error > bucket.largestClockError) bucket.largestClockError = error;
};

/** Counts what became of the records of one batch. */
export const countBatch = ({ rows, order }: RowSet, rejected: readonly Rejected[]): Count[] => {
  const { ints, numbers, stores } = rows;
  const buckets = new Map<string, Bucket>();
  const bucketOf = (store_id: string, quarter: number): Bucket => {
    const key = `${quarter} ${store_id}`;
    const bucket = buckets.get(key) ?? newBucket(store_id, quarter);
    buckets.set(key, bucket);
    return bucket;
  };
  /** By store and quarter as one number: no text is made of each event. */
  const known = new Map<number, Bucket>();
  for (let at = 0; at < order.length; at += 1) {
    const row = order[at] ?? 0;
    const received_at = numbers[row * ROW_NUMBERS + NUMBER.received_at] ?? 0;
    const store = ints[row * ROW_INTS + INT.store] ?? 0;
    const place = Math.floor(received_at / QUARTER_MS) * stores.length + store;
    let bucket = known.get(place);
    if (bucket === undefined) {
      bucket = bucketOf(stores[store] ?? '', quarterOf(received_at));
      known.set(place, bucket);
    }
    countRow(bucket, rows, row);
  }
  for (const { store_id, received_at, rejection } of rejected) {
    const { rejected: codes } = bucketOf(store_id, quarterOf(received_at));
    codes.set(rejection.code, (codes.get(rejection.code) ?? 0) + 1);
  }
  return [...buckets.values()].flatMap(countsOf);
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

const isSameEvent = (ints: Int32Array, words: Uint32Array, a: number, b: number): boolean => {
  const wordsA = a * ROW_HASHES * 2;
  const wordsB = b * ROW_HASHES * 2;
  return (
    words[wordsA + HASH.event * 2] === words[wordsB + HASH.event * 2] &&
    words[wordsA + HASH.event * 2 + 1] === words[wordsB + HASH.event * 2 + 1] &&
    words[wordsA + HASH.visitor * 2] === words[wordsB + HASH.visitor * 2] &&
    words[wordsA + HASH.visitor * 2 + 1] === words[wordsB + HASH.visitor * 2 + 1] &&
    ints[a * ROW_INTS + INT.store] === ints[b * ROW_INTS + INT.store]
  );
};

/** What two batches make together. */
export const combine = (measure: Measure, a: number, b: number): number =>
  measure === 'clock_error_max_ms' ? Math.max(a, b) : a + b;
