import { EventLogError, type ProduceRecord } from './port.ts';

/** Records of a call, and how many bytes each counts for in limits: key, value and headers. */
export type MeasuredRecords = { records: readonly ProduceRecord[]; sizes: readonly number[] };

function recordBytes(record: ProduceRecord): number {
  let bytes = Buffer.byteLength(record.key) + (record.value?.length ?? 0);
  for (const name in record.headers) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(record.headers[name] ?? '');
  }
  return bytes;
}

/**
 * Throws EventLogError `too_large` for a record over the limit: before anything is sent, so that it leaves nothing half
 * written.
 */
export function measureRecords(records: readonly ProduceRecord[], maxRecordBytes: number): MeasuredRecords {
  const sizes = records.map(recordBytes);
  const index = sizes.findIndex((bytes) => bytes > maxRecordBytes);
  if (index >= 0) {
    throw new EventLogError(
      'too_large',
      `record ${index} has ${sizes[index]} bytes: the log takes at most ${maxRecordBytes} a record`,
      { retriable: false },
    );
  }
  return { records, sizes };
}

const MAX_METADATA_BYTES = 512;

export function refuseLongMetadata(metadata: string): void {
  const bytes = Buffer.byteLength(metadata);
  if (bytes > MAX_METADATA_BYTES) {
    throw new EventLogError(
      'too_large',
      `commit metadata has ${bytes} bytes: the log takes at most ${MAX_METADATA_BYTES}`,
      { retriable: false },
    );
  }
}
