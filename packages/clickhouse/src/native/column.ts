import type { ByteBuffer } from './byte-buffer.ts';

/**
 * One column of a block in the making. `append` refuses (throws RangeError, without the value) what its type
 * cannot hold and may leave half a value behind; `truncate` then cuts the column down to its first `rows` rows. The
 * other appenders check nothing: they are for who has checked, and row by row must be called as often in each column.
 * Columns are classes, unlike the rest of this house: a few shapes that the engine knows make their appenders
 * inline, which closures over each column's own variables do not.
 */
export type Column = {
  readonly rows: number;
  append(value: unknown): void;
  /** What a Nullable column holds beneath a NULL. */
  appendDefault(): void;
  truncate(rows: number): void;
  /** The bytes of the column, in the order they stand in a block. Valid until the next append. */
  buffers(): readonly ByteBuffer[];
};
