import { type ByteBuffer, createByteBuffer, reserve } from './byte-buffer.ts';
import type { Column } from './column.ts';
import { type Write, writeSafeInt64 } from './values.ts';

/** Values of `width` bytes each. Of the unchecked appenders the one of its width fits, and `appendLowHigh` any multiple of 8. */
export class FixedColumn implements Column {
  readonly buffer = createByteBuffer();
  private readonly width: number;
  private readonly write: Write;

  constructor(width: number, write: Write) {
    this.width = width;
    this.write = write;
  }

  get rows(): number {
    return this.buffer.length / this.width;
  }

  append(value: unknown): void {
    const { buffer, width } = this;
    reserve(buffer, width);
    this.write(buffer.view, buffer.length, value);
    buffer.length += width;
  }

  /** UInt8, Bool (0 or 1), Enum8. */
  appendByte(value: number): void {
    const { buffer } = this;
    reserve(buffer, 1);
    buffer.bytes[buffer.length++] = value;
  }

  /** UInt32, Int32. */
  appendUint32(value: number): void {
    const { buffer } = this;
    reserve(buffer, 4);
    buffer.view.setUint32(buffer.length, value, true);
    buffer.length += 4;
  }

  /** A safe integer as UInt64, Int64 or DateTime64. */
  appendNumber(value: number): void {
    const { buffer } = this;
    reserve(buffer, 8);
    writeSafeInt64(buffer.view, buffer.length, value);
    buffer.length += 8;
  }

  /** 64 bits as two halves; wider values are several of them, the lowest first. */
  appendLowHigh(low: number, high: number): void {
    const { buffer } = this;
    reserve(buffer, 8);
    buffer.view.setUint32(buffer.length, low, true);
    buffer.view.setUint32(buffer.length + 4, high, true);
    buffer.length += 8;
  }

  appendDefault(): void {
    const { buffer, width } = this;
    reserve(buffer, width);
    for (let at = 0; at < width; at += 1) buffer.bytes[buffer.length + at] = 0;
    buffer.length += width;
  }

  truncate(rows: number): void {
    this.buffer.length = rows * this.width;
  }

  buffers(): readonly ByteBuffer[] {
    return [this.buffer];
  }
}
