import { batchOf } from '../record-batch/encode.ts';
import { AT } from '../record-batch/layout.ts';

/** A batch of one record, whose value is its offset. */
export function recordAt(offset: bigint): Buffer {
  const batch = batchOf([{ key: Buffer.from('k'), value: Buffer.from(`${offset}`), headers: [], timestamp: 0 }]);
  const bytes = Buffer.alloc(batch.size);
  batch.write(bytes, 0);
  bytes.writeBigInt64BE(offset, AT.baseOffset);
  return bytes;
}
