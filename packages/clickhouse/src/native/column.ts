import type { ByteBuffer } from './byte-buffer.ts';
import { FixedColumn } from './fixed-column.ts';
import { ArrayColumn, NullableColumn } from './nested-columns.ts';
import { StringColumn } from './string-column.ts';
import { type ColumnType, parseType } from './type.ts';
import { createUuidWriter, integerFormat, writeBool, writeDate, writeDateTime, writeEnum } from './values.ts';

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

/** The column of a type as DDL writes it. */
export type ColumnOf<T extends string> = T extends `Nullable(${infer U})`
  ? NullableColumn<ColumnOf<U>>
  : T extends `Array(${infer U})`
    ? ArrayColumn<ColumnOf<U>>
    : T extends `LowCardinality(${infer U})`
      ? ColumnOf<U>
      : T extends 'String'
        ? StringColumn
        : FixedColumn;

const columnOf = (type: ColumnType): Column => {
  switch (type.kind) {
    case 'string':
      return new StringColumn();
    case 'uuid':
      return new FixedColumn(16, createUuidWriter());
    case 'bool':
      return new FixedColumn(1, writeBool);
    case 'date':
      return new FixedColumn(4, writeDate);
    case 'date-time':
      return new FixedColumn(8, writeDateTime);
    case 'integer': {
      const { width, write } = integerFormat(type.type);
      return new FixedColumn(width, write);
    }
    case 'enum':
      return new FixedColumn(1, writeEnum(type.values));
    case 'nullable':
      return new NullableColumn(columnOf(type.inner));
    case 'array':
      return new ArrayColumn(columnOf(type.inner));
  }
};

/** A column for a type as DDL writes it; throws TypeError for one that blocks do not carry. */
export const createColumn = (type: string): Column => columnOf(parseType(type));
