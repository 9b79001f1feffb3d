import type { ByteBuffer } from './byte-buffer.ts';
import type { Column } from './column.ts';
import { FixedColumn } from './fixed-column.ts';
import { refuse } from './values.ts';

/** A byte a row that says whether it is NULL, then the values, of which those beneath a NULL are defaults. */
export class NullableColumn<C extends Column = Column> implements Column {
  readonly inner: C;
  private readonly nulls = new FixedColumn(1, () => {});

  constructor(inner: C) {
    this.inner = inner;
  }

  get rows(): number {
    return this.nulls.rows;
  }

  append(value: unknown): void {
    if (value === null) this.appendNull();
    else this.present().append(value);
  }

  appendNull(): void {
    this.nulls.appendByte(1);
    this.inner.appendDefault();
  }

  /** The column to which the row's value, which is not NULL, has to be appended next. */
  present(): C {
    this.nulls.appendByte(0);
    return this.inner;
  }

  appendDefault(): void {
    this.appendNull();
  }

  truncate(rows: number): void {
    this.nulls.truncate(rows);
    this.inner.truncate(rows);
  }

  buffers(): readonly ByteBuffer[] {
    return [this.nulls.buffer, ...this.inner.buffers()];
  }
}

/** The end of each row's elements among all elements, then the elements. */
export class ArrayColumn<C extends Column = Column> implements Column {
  readonly inner: C;
  private readonly ends = new FixedColumn(8, () => {});
  private end = 0;

  constructor(inner: C) {
    this.inner = inner;
  }

  get rows(): number {
    return this.ends.rows;
  }

  append(value: unknown): void {
    const elements: readonly unknown[] = Array.isArray(value) ? value : refuse('an array');
    for (const element of elements) this.inner.append(element);
    this.endRow(elements.length);
  }

  /** Ends a row whose `count` elements have been appended to `inner`. */
  endRow(count: number): void {
    this.end += count;
    this.ends.appendNumber(this.end);
  }

  appendDefault(): void {
    this.endRow(0);
  }

  truncate(rows: number): void {
    this.end = rows === 0 ? 0 : Number(this.ends.buffer.view.getBigUint64((rows - 1) * 8, true));
    this.ends.truncate(rows);
    this.inner.truncate(this.end);
  }

  buffers(): readonly ByteBuffer[] {
    return [this.ends.buffer, ...this.inner.buffers()];
  }
}
