import type { ProduceRecord } from './port.ts';
import type { MeasuredRecords } from './record-bytes.ts';

export type Slice = { records: readonly ProduceRecord[]; bytes: number };

/** The records in order, in slices within the limits; a record over `maxBytes` has a slice of its own. */
export function* slices(
  { records, sizes }: MeasuredRecords,
  limits: { maxRecords: number; maxBytes: number; overheadBytes?: number },
): Generator<Slice> {
  const { maxRecords, maxBytes, overheadBytes = 0 } = limits;
  let from = 0;
  let bytes = 0;
  for (const [index, recordBytes] of sizes.entries()) {
    const size = recordBytes + overheadBytes;
    if (index > from && (index - from === maxRecords || bytes + size > maxBytes)) {
      yield { records: records.slice(from, index), bytes };
      from = index;
      bytes = 0;
    }
    bytes += size;
  }
  if (from < records.length) {
    yield { records: from === 0 ? records : records.slice(from), bytes };
  }
}
