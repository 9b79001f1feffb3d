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
 * The records of the set from `position` on: no control records, nothing of aborted transactions, nothing a batch holds
 * below the position. Batches that lie uncompressed in the set are one run; each compressed one is a run of its own,
 * unpacked when it is asked for. The last run's `next` is behind everything in the set, be it readable or not: control
 * records, compaction and aborted transactions leave gaps. Throws EventLogError when the set is broken.
 */
export function* readRecordSet(
  set: RecordSet,
  position: bigint,
  options: { verifyChecksums: boolean } = { verifyChecksums: false },
): Generator<Run, void, undefined> {
  const isReadable = createTransactionFilter(set.bytes, set.aborted);
  let handedOver = position;
  let next = position;
  let run: BatchHeader[] = [];
  try {
    for (const batch of batchesOf(set.bytes)) {
      if (options.verifyChecksums) {
        verify(set.bytes, batch);
      }
      const readable = isReadable(batch);
      if (batch.lastOffset < position) {
        continue;
      }
      const compressed = batch.codec !== UNCOMPRESSED;
      const [first] = run;
      if (first && readable && (compressed || batch.lastOffset - first.baseOffset > MAX_DELTA)) {
        yield { records: recordsOf(set, run, position), next };
        handedOver = next;
        run = [];
      }
      next = batch.lastOffset + 1n;
      if (readable && compressed) {
        yield { records: unpacked(set, batch, position), next };
        handedOver = next;
      } else if (readable) {
        run.push(batch);
      }
    }
    yield { records: recordsOf(set, run, position), next };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const where = `partition ${set.partition} from offset ${handedOver} on`;
    throw new EventLogError('unavailable', `Kafka: the records of ${where} cannot be read: ${reason}`, {
      retriable: false,
      cause: error,
    });
  }
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
