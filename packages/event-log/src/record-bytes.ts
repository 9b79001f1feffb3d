import { EventLogError, type ProduceRecord } from './port.ts';

/** Bytes a record counts for in limits: key, value and headers. */
export function recordBytes(record: ProduceRecord): number {
  let bytes = Buffer.byteLength(record.key) + (record.value?.length ?? 0);
  for (const name in record.headers) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(record.headers[name] ?? '');
  }
  return bytes;
}

/** Checked before anything is sent, so that one record over the limit leaves nothing half written. */
export function refuseTooLarge(records: readonly ProduceRecord[], maxRecordBytes: number): void {
  records.forEach((record, index) => {
    const bytes = recordBytes(record);
    if (bytes > maxRecordBytes) {
      throw new EventLogError(
        'too_large',
        `record ${index} has ${bytes} bytes: the log takes at most ${maxRecordBytes} a record`,
        { retriable: false },
      );
    }
  });
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
