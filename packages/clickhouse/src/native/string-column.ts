import {
  appendSpan,
  appendString,
  type ByteBuffer,
  createByteBuffer,
  reserve,
  truncateStrings,
} from './byte-buffer.ts';
import type { Column } from './column.ts';
import { refuse } from './values.ts';

/** Strings, each its length in bytes and then its bytes. */
export class StringColumn implements Column {
  rows = 0;
  readonly buffer = createByteBuffer();

  append(value: unknown): void {
    appendString(this.buffer, typeof value === 'string' ? value : refuse('a string'));
    this.rows += 1;
  }

  /** UTF-8 as it lies in `source` between two places; the same place twice is an empty string. */
  appendBytes(source: Uint8Array, start: number, end: number): void {
    appendSpan(this.buffer, source, start, end);
    this.rows += 1;
  }

  appendDefault(): void {
    const { buffer } = this;
    reserve(buffer, 1);
    buffer.bytes[buffer.length++] = 0;
    this.rows += 1;
  }

  truncate(rows: number): void {
    if (rows === 0) this.buffer.length = 0;
    else truncateStrings(this.buffer, rows);
    this.rows = rows;
  }

  buffers(): readonly ByteBuffer[] {
    return [this.buffer];
  }
}
