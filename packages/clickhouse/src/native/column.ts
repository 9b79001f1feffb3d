import { appendString, type ByteBuffer, createByteBuffer, reserve, truncateStrings } from './byte-buffer.ts';
import { type ColumnType, type IntegerType, parseType } from './type.ts';

/**
 * One column of a block in the making. `append` refuses (throws RangeError, without the value) what its type
 * cannot hold and may leave half a value behind; `truncate` then cuts the column down to its first `rows` rows.
 */
export type Column = {
  append(value: unknown): void;
  /** What a Nullable column holds beneath a NULL. */
  appendDefault(): void;
  truncate(rows: number): void;
  /** The bytes of the column, in the order they stand in a block. Valid until the next append. */
  buffers(): readonly ByteBuffer[];
};

const refuse = (expected: string): never => {
  throw new RangeError(`expected ${expected}`);
};

const stringColumn = (): Column => {
  const buffer = createByteBuffer();
  return {
    append: (value) => appendString(buffer, typeof value === 'string' ? value : refuse('a string')),
    appendDefault: () => appendString(buffer, ''),
    truncate: (rows) => truncateStrings(buffer, rows),
    buffers: () => [buffer],
  };
};

type Write = (view: DataView, offset: number, value: unknown) => void;

/** Values of `width` bytes each; `write` checks one and puts it where it belongs. */
const fixedColumn = (width: number, write: Write): Column => {
  const buffer = createByteBuffer();
  return {
    append: (value) => {
      reserve(buffer, width);
      write(buffer.view, buffer.length, value);
      buffer.length += width;
    },
    appendDefault: () => {
      reserve(buffer, width);
      buffer.bytes.fill(0, buffer.length, buffer.length + width);
      buffer.length += width;
    },
    truncate: (rows) => {
      buffer.length = rows * width;
    },
    buffers: () => [buffer],
  };
};

const writeBool: Write = (view, offset, value) =>
  view.setUint8(offset, typeof value === 'boolean' ? Number(value) : refuse('a boolean'));

const writeEnum =
  (values: ReadonlyMap<string, number>): Write =>
  (view, offset, value) => {
    const known = typeof value === 'string' ? values.get(value) : undefined;
    view.setInt8(offset, known ?? refuse(`one of ${[...values.keys()].join(', ')}`));
  };

const smallInteger = (value: unknown, type: string, min: number, max: number): number =>
  typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : refuse(type);

/** Two's complement of a safe integer in 8 bytes, without a bigint. */
const writeSafeInt64 = (view: DataView, offset: number, value: number): void => {
  const high = Math.floor(value / 2 ** 32);
  view.setUint32(offset, value - high * 2 ** 32, true);
  view.setInt32(offset + 4, high, true);
};

const writeLargeInteger = (type: string, width: 8 | 16, signed: boolean): Write => {
  const bits = BigInt(width * 8);
  const min = signed ? -(1n << (bits - 1n)) : 0n;
  const max = signed ? (1n << (bits - 1n)) - 1n : (1n << bits) - 1n;
  return (view, offset, value) => {
    if (width === 8 && typeof value === 'number') {
      if (!Number.isSafeInteger(value) || (value < 0 && !signed)) return refuse(type);
      return writeSafeInt64(view, offset, value);
    }
    const integer = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
    if (typeof integer !== 'bigint' || integer < min || integer > max) return refuse(type);
    // The low 64 bits, whatever the sign.
    view.setBigUint64(offset, integer, true);
    if (width === 16) view.setBigUint64(offset + 8, integer >> 64n, true);
  };
};

const integerColumn = (type: IntegerType): Column => {
  switch (type) {
    case 'UInt8':
      return fixedColumn(1, (view, at, value) => view.setUint8(at, smallInteger(value, type, 0, 0xff)));
    case 'UInt16':
      return fixedColumn(2, (view, at, value) => view.setUint16(at, smallInteger(value, type, 0, 0xffff), true));
    case 'UInt32':
      return fixedColumn(4, (view, at, value) => view.setUint32(at, smallInteger(value, type, 0, 0xffff_ffff), true));
    case 'Int8':
      return fixedColumn(1, (view, at, value) => view.setInt8(at, smallInteger(value, type, -0x80, 0x7f)));
    case 'Int16':
      return fixedColumn(2, (view, at, value) => view.setInt16(at, smallInteger(value, type, -0x8000, 0x7fff), true));
    case 'Int32':
      return fixedColumn(4, (view, at, value) =>
        view.setInt32(at, smallInteger(value, type, -0x8000_0000, 0x7fff_ffff), true),
      );
    case 'UInt64':
      return fixedColumn(8, writeLargeInteger(type, 8, false));
    case 'Int64':
      return fixedColumn(8, writeLargeInteger(type, 8, true));
    case 'UInt128':
      return fixedColumn(16, writeLargeInteger(type, 16, false));
    case 'Int128':
      return fixedColumn(16, writeLargeInteger(type, 16, true));
  }
};

/** What DateTime64 and Date32 can hold; beyond it the server would silently clamp. */
const FIRST_MS = Date.UTC(1900, 0, 1);
const LAST_MS = Date.UTC(2299, 11, 31, 23, 59, 59, 999);
const DAY_MS = 86_400_000;

const writeDateTime: Write = (view, offset, value) => {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < FIRST_MS || value > LAST_MS) {
    return refuse('ms UTC from 1900 to 2299');
  }
  writeSafeInt64(view, offset, value);
};

/** Days of few years, met again and again. */
const knownDays = new Map<unknown, number>();
const MAX_KNOWN_DAYS = 10_000;

const writeDate: Write = (view, offset, value) => {
  const known = knownDays.get(value);
  if (known !== undefined) {
    view.setInt32(offset, known, true);
    return;
  }
  const ms = typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) ? Date.parse(value) : Number.NaN;
  // Date.parse takes 2026-02-30 for 2 March.
  if (!(ms >= FIRST_MS && ms <= LAST_MS) || new Date(ms).toISOString().slice(0, 10) !== value) {
    return refuse('a day YYYY-MM-DD from 1900 to 2299');
  }
  if (knownDays.size < MAX_KNOWN_DAYS) knownDays.set(value, ms / DAY_MS);
  view.setInt32(offset, ms / DAY_MS, true);
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Two 64-bit halves, each little-endian. */
const writeUuid: Write = (view, offset, value) => {
  if (typeof value !== 'string' || !UUID.test(value)) return refuse('a UUID');
  const hex = value.replaceAll('-', '');
  view.setBigUint64(offset, BigInt(`0x${hex.slice(0, 16)}`), true);
  view.setBigUint64(offset + 8, BigInt(`0x${hex.slice(16)}`), true);
};

const nullableColumn = (inner: Column): Column => {
  const nulls = fixedColumn(1, (view, offset, value) => view.setUint8(offset, value === null ? 1 : 0));
  return {
    append: (value) => {
      nulls.append(value);
      if (value === null) inner.appendDefault();
      else inner.append(value);
    },
    appendDefault: () => {
      nulls.append(null);
      inner.appendDefault();
    },
    truncate: (rows) => {
      nulls.truncate(rows);
      inner.truncate(rows);
    },
    buffers: () => [...nulls.buffers(), ...inner.buffers()],
  };
};

/** The end of each row's elements among all elements, then the elements. */
const arrayColumn = (inner: Column): Column => {
  const ends = createByteBuffer();
  let end = 0;
  const endRow = (): void => {
    reserve(ends, 8);
    writeSafeInt64(ends.view, ends.length, end);
    ends.length += 8;
  };
  return {
    append: (value) => {
      if (!Array.isArray(value)) return refuse('an array');
      for (const element of value) inner.append(element);
      end += value.length;
      endRow();
    },
    appendDefault: endRow,
    truncate: (rows) => {
      end = rows === 0 ? 0 : Number(ends.view.getBigUint64((rows - 1) * 8, true));
      ends.length = rows * 8;
      inner.truncate(end);
    },
    buffers: () => [ends, ...inner.buffers()],
  };
};

const columnOf = (type: ColumnType): Column => {
  switch (type.kind) {
    case 'string':
      return stringColumn();
    case 'uuid':
      return fixedColumn(16, writeUuid);
    case 'bool':
      return fixedColumn(1, writeBool);
    case 'date':
      return fixedColumn(4, writeDate);
    case 'date-time':
      return fixedColumn(8, writeDateTime);
    case 'integer':
      return integerColumn(type.type);
    case 'enum':
      return fixedColumn(1, writeEnum(type.values));
    case 'nullable':
      return nullableColumn(columnOf(type.inner));
    case 'array':
      return arrayColumn(columnOf(type.inner));
  }
};

/** A column for a type as DDL writes it; throws TypeError for one that blocks do not carry. */
export const createColumn = (type: string): Column => columnOf(parseType(type));
