import { appendString, type ByteBuffer, createByteBuffer, reserve } from './byte-buffer.ts';
import { type ColumnType, type IntegerType, parseType } from './type.ts';

/**
 * One column of a block in the making. `append` refuses (throws RangeError or TypeError, without the value) what
 * its type cannot hold. `mark` remembers the present end and `rollback` returns to it, so that a refused row
 * leaves nothing behind.
 */
export type Column = {
  append(value: unknown): void;
  /** What a Nullable column holds beneath a NULL. */
  appendDefault(): void;
  mark(): void;
  rollback(): void;
  clear(): void;
  /** The bytes of the column, in the order they stand in a block. Valid until the next append. */
  buffers(): readonly ByteBuffer[];
};

const plainColumn = (
  append: (buffer: ByteBuffer, value: unknown) => void,
  appendDefault: (buffer: ByteBuffer) => void,
): Column => {
  const buffer = createByteBuffer();
  let marked = 0;
  return {
    append: (value) => append(buffer, value),
    appendDefault: () => appendDefault(buffer),
    mark: () => {
      marked = buffer.length;
    },
    rollback: () => {
      buffer.length = marked;
    },
    clear: () => {
      buffer.length = 0;
    },
    buffers: () => [buffer],
  };
};

const fixedColumn = (width: number, write: (bytes: Buffer, offset: number, value: unknown) => void): Column =>
  plainColumn(
    (buffer, value) => {
      write(reserve(buffer, width), buffer.length, value);
      buffer.length += width;
    },
    (buffer) => {
      reserve(buffer, width).fill(0, buffer.length, buffer.length + width);
      buffer.length += width;
    },
  );

const refuse = (expected: string): never => {
  throw new RangeError(`expected ${expected}`);
};

const stringColumn = (): Column =>
  plainColumn(
    (buffer, value) => appendString(buffer, typeof value === 'string' ? value : refuse('a string')),
    (buffer) => appendString(buffer, ''),
  );

const boolColumn = (): Column =>
  fixedColumn(1, (bytes, offset, value) => {
    bytes[offset] = typeof value === 'boolean' ? Number(value) : refuse('a boolean');
  });

const enumColumn = (values: ReadonlyMap<string, number>): Column =>
  fixedColumn(1, (bytes, offset, value) => {
    const known = typeof value === 'string' ? values.get(value) : undefined;
    bytes.writeInt8(known ?? refuse(`one of ${[...values.keys()].join(', ')}`), offset);
  });

const smallIntegerColumn = (type: string, width: 1 | 2 | 4, min: number, max: number): Column =>
  fixedColumn(width, (bytes, offset, value) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) return refuse(type);
    if (min < 0) bytes.writeIntLE(value, offset, width);
    else bytes.writeUIntLE(value, offset, width);
  });

/** Two's complement of a safe integer in 8 bytes, without a bigint. */
const writeSafeInt64 = (bytes: Buffer, offset: number, value: number): void => {
  const high = Math.floor(value / 2 ** 32);
  bytes.writeUInt32LE(value - high * 2 ** 32, offset);
  bytes.writeInt32LE(high, offset + 4);
};

const largeIntegerColumn = (type: string, width: 8 | 16, signed: boolean): Column => {
  const bits = BigInt(width * 8);
  const min = signed ? -(1n << (bits - 1n)) : 0n;
  const max = signed ? (1n << (bits - 1n)) - 1n : (1n << bits) - 1n;
  return fixedColumn(width, (bytes, offset, value) => {
    if (width === 8 && typeof value === 'number') {
      if (!Number.isSafeInteger(value) || (value < 0 && !signed)) return refuse(type);
      return writeSafeInt64(bytes, offset, value);
    }
    const integer = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
    if (typeof integer !== 'bigint' || integer < min || integer > max) return refuse(type);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, integer), offset);
    if (width === 16) bytes.writeBigUInt64LE(BigInt.asUintN(64, integer >> 64n), offset + 8);
  });
};

const integerColumn = (type: IntegerType): Column => {
  switch (type) {
    case 'UInt8':
      return smallIntegerColumn(type, 1, 0, 0xff);
    case 'UInt16':
      return smallIntegerColumn(type, 2, 0, 0xffff);
    case 'UInt32':
      return smallIntegerColumn(type, 4, 0, 0xffff_ffff);
    case 'Int8':
      return smallIntegerColumn(type, 1, -0x80, 0x7f);
    case 'Int16':
      return smallIntegerColumn(type, 2, -0x8000, 0x7fff);
    case 'Int32':
      return smallIntegerColumn(type, 4, -0x8000_0000, 0x7fff_ffff);
    case 'UInt64':
      return largeIntegerColumn(type, 8, false);
    case 'Int64':
      return largeIntegerColumn(type, 8, true);
    case 'UInt128':
      return largeIntegerColumn(type, 16, false);
    case 'Int128':
      return largeIntegerColumn(type, 16, true);
  }
};

/** What DateTime64 and Date32 can hold; beyond it the server would silently clamp. */
const FIRST_MS = Date.UTC(1900, 0, 1);
const LAST_MS = Date.UTC(2299, 11, 31, 23, 59, 59, 999);
const DAY_MS = 86_400_000;

const dateTimeColumn = (): Column =>
  fixedColumn(8, (bytes, offset, value) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < FIRST_MS || value > LAST_MS) {
      return refuse('ms UTC from 1900 to 2299');
    }
    writeSafeInt64(bytes, offset, value);
  });

const dateColumn = (): Column =>
  fixedColumn(4, (bytes, offset, value) => {
    const ms = typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) ? Date.parse(value) : Number.NaN;
    // Date.parse takes 2026-02-30 for 2 March.
    if (!(ms >= FIRST_MS && ms <= LAST_MS) || new Date(ms).toISOString().slice(0, 10) !== value) {
      return refuse('a day YYYY-MM-DD from 1900 to 2299');
    }
    bytes.writeInt32LE(ms / DAY_MS, offset);
  });

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Two 64-bit halves, each little-endian. */
const uuidColumn = (): Column =>
  fixedColumn(16, (bytes, offset, value) => {
    if (typeof value !== 'string' || !UUID.test(value)) return refuse('a UUID');
    bytes.write(value.replaceAll('-', ''), offset, 'hex');
    bytes.subarray(offset, offset + 8).reverse();
    bytes.subarray(offset + 8, offset + 16).reverse();
  });

const nullableColumn = (inner: Column): Column => {
  const nulls = fixedColumn(1, (bytes, offset, value) => {
    bytes[offset] = value === null ? 1 : 0;
  });
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
    mark: () => {
      nulls.mark();
      inner.mark();
    },
    rollback: () => {
      nulls.rollback();
      inner.rollback();
    },
    clear: () => {
      nulls.clear();
      inner.clear();
    },
    buffers: () => [...nulls.buffers(), ...inner.buffers()],
  };
};

const arrayColumn = (inner: Column): Column => {
  const ends = largeIntegerColumn('UInt64', 8, false);
  let end = 0;
  let markedEnd = 0;
  return {
    append: (value) => {
      if (!Array.isArray(value)) return refuse('an array');
      for (const element of value) inner.append(element);
      end += value.length;
      ends.append(end);
    },
    appendDefault: () => ends.append(end),
    mark: () => {
      markedEnd = end;
      ends.mark();
      inner.mark();
    },
    rollback: () => {
      end = markedEnd;
      ends.rollback();
      inner.rollback();
    },
    clear: () => {
      end = 0;
      ends.clear();
      inner.clear();
    },
    buffers: () => [...ends.buffers(), ...inner.buffers()],
  };
};

const columnOf = (type: ColumnType): Column => {
  switch (type.kind) {
    case 'string':
      return stringColumn();
    case 'uuid':
      return uuidColumn();
    case 'bool':
      return boolColumn();
    case 'date':
      return dateColumn();
    case 'date-time':
      return dateTimeColumn();
    case 'integer':
      return integerColumn(type.type);
    case 'enum':
      return enumColumn(type.values);
    case 'nullable':
      return nullableColumn(columnOf(type.inner));
    case 'array':
      return arrayColumn(columnOf(type.inner));
  }
};

/** A column for a type as DDL writes it; throws TypeError for one that blocks do not carry. */
export const createColumn = (type: string): Column => columnOf(parseType(type));
