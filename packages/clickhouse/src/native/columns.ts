import type { Column } from './column.ts';
import { FixedColumn } from './fixed-column.ts';
import { ArrayColumn, NullableColumn } from './nested-columns.ts';
import { StringColumn } from './string-column.ts';
import { type ColumnType, parseType } from './type.ts';
import { createUuidWriter, integerFormat, writeBool, writeDate, writeDateTime, writeEnum } from './values.ts';

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
