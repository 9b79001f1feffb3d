import { EventLogError, type Records } from '../../port.ts';
import { createRecords, RECORD_SPAN } from '../../records.ts';
import { decompress, UNCOMPRESSED } from '../codecs.ts';
import { crc32c } from './crc32c.ts';
import { checkCount, decodeRecords, type SpanTable } from './decode-records.ts';
import { type BatchHeader, batchesOf } from './header.ts';
import { AT } from './layout.ts';
import { type AbortedTransaction, createTransactionFilter } from './transactions.ts';

/** The records of one partition in a fetch answer, as they came. */
export type RecordSet = {
  partition: number;
  bytes: Buffer;
  aborted: readonly AbortedTransaction[];
};

/** Records that may be read, possibly none; `next` is where to go on behind them. */
export type Run = { records: Records; next: bigint };

const MAX_DELTA = 0x7fffffff;

/**
 * Records that are in the log and cannot be decoded, by this release at least: the batch [first, last] by its header, or
 * only where it begins when that is no header either.
 */
export class UnreadableRecordsError extends EventLogError {
  readonly first: bigint;
  readonly last: bigint;
  constructor(partition: number, { first, last }: { first: bigint; last: bigint }, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const where = `partition ${partition} at offsets ${first} to ${last}`;
    super('unavailable', `Kafka: the records of ${where} cannot be read: ${reason}`, { retriable: false, cause });
    this.first = first;
    this.last = last;
  }
}

/**
 * The records of the set from `position` on: no control records, nothing of aborted transactions, nothing a batch holds
 * below the position. Batches that lie uncompressed in the set are one run; each compressed one is a run of its own,
 * unpacked when it is asked for. The last run's `next` is behind everything in the set, be it readable or not: control
 * records, compaction and aborted transactions leave gaps. Throws UnreadableRecordsError at the first batch that is
 * broken, once what lies before it was handed over.
 */
export function* readRecordSet(
  fetched: RecordSet,
  position: bigint,
  options: { verifyChecksums: boolean } = { verifyChecksums: false },
): Generator<Run, void, undefined> {
  // Once for all runs: each is a view of it.
  const set = { ...fetched, bytes: ownBytes(fetched.bytes) };
  const isReadable = createTransactionFilter(set.bytes, set.aborted);
  let next = position;
  let looking: BatchHeader | null = null;
  let run: BatchHeader[] = [];
  let broken: UnreadableRecordsError | null = null;
  try {
    for (const batch of batchesOf(set.bytes)) {
      looking = batch;
      if (options.verifyChecksums) {
        verify(set.bytes, batch);
      }
      const readable = isReadable(batch);
      const compressed = batch.codec !== UNCOMPRESSED;
      const [first] = run;
      if (first && readable && (compressed || batch.lastOffset - first.baseOffset > MAX_DELTA)) {
        const whole = run;
        run = [];
        yield* handOver(set, whole, position, next);
      }
      if (batch.lastOffset >= position) {
        const records = readable && compressed ? unpacked(set, batch, position) : null;
        next = batch.lastOffset + 1n;
        if (records) {
          yield { records, next };
        } else if (readable) {
          run.push(batch);
        }
      }
      looking = null;
    }
  } catch (error) {
    if (error instanceof UnreadableRecordsError) {
      throw error;
    }
    const { baseOffset: first, lastOffset: last } = looking ?? { baseOffset: next, lastOffset: next };
    broken = new UnreadableRecordsError(set.partition, { first, last }, error);
  }
  if (run.length > 0 || !broken) {
    yield* handOver(set, run, position, next);
  }
  if (broken) {
    throw broken;
  }
}

/** Batches at once; when one of them is broken, those before it one by one. */
function* handOver(
  set: RecordSet,
  batches: readonly BatchHeader[],
  position: bigint,
  next: bigint,
): Generator<Run, void, undefined> {
  let records: Records;
  try {
    records = recordsOf(set, batches, position);
  } catch (error) {
    const [first] = batches;
    if (first && batches.length === 1) {
      throw new UnreadableRecordsError(set.partition, { first: first.baseOffset, last: first.lastOffset }, error);
    }
    for (const batch of batches) {
      yield* handOver(set, [batch], position, batch.lastOffset + 1n);
    }
    return;
  }
  yield { records, next };
}

function verify(set: Buffer, { start, end }: BatchHeader): void {
  if (crc32c(set, start + AT.attributes, end) !== set.readUInt32BE(start + AT.crc)) {
    throw new RangeError('the checksum of a record batch is not that of its records');
  }
}

function tableFor(batches: readonly BatchHeader[]): SpanTable {
  const [first] = batches;
  const count = batches.reduce((sum, batch) => sum + batch.count, 0);
  return {
    spans: new Int32Array(count * RECORD_SPAN),
    filled: 0,
    baseOffset: first?.baseOffset ?? 0n,
    baseTimestamp: first?.baseTimestamp ?? 0,
  };
}

function toRecords(partition: number, bytes: Buffer, { spans, filled, ...base }: SpanTable): Records {
  return createRecords({ partition, bytes, spans: spans.subarray(0, filled), ...base });
}

/**
 * A view into an answer keeps all of it in memory: records of one partition that wait for long would hold, counted by
 * nobody, what the others of its broker had in the same answers. So what is less than half of its answer is copied.
 */
const ownBytes = (bytes: Buffer): Buffer => (bytes.length * 2 < bytes.buffer.byteLength ? Buffer.from(bytes) : bytes);

function recordsOf({ partition, bytes }: RecordSet, batches: readonly BatchHeader[], position: bigint): Records {
  for (const { start, end, count } of batches) {
    checkCount(count, end - start - AT.records);
  }
  const table = tableFor(batches);
  for (const batch of batches) {
    decodeRecords(bytes, batch.start + AT.records, batch.end, batch, position, table);
  }
  return toRecords(partition, bytes, table);
}

function unpacked(set: RecordSet, batch: BatchHeader, position: bigint): Records {
  const bytes = decompress(batch.codec, set.bytes.subarray(batch.start + AT.records, batch.end));
  checkCount(batch.count, bytes.length);
  const table = tableFor([batch]);
  decodeRecords(bytes, 0, bytes.length, batch, position, table);
  return toRecords(set.partition, bytes, table);
}
