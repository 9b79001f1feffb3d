/** Reads blocks of ClickHouse's Native format back into rows: every type that blocks of the product carry. For tests. */

/** 64 bits and wider as bigint, times as ms UTC, days as `YYYY-MM-DD`. */
export type BlockValue = string | number | bigint | boolean | null | readonly BlockValue[];
export type BlockRow = Readonly<Record<string, BlockValue>>;

type Cursor = { bytes: Buffer; at: number };

/** Of one value; moves the cursor behind it. */
type Read = (cursor: Cursor) => BlockValue;

const readVarint = (cursor: Cursor): number => {
  let value = 0;
  for (let factor = 1; ; factor *= 0x80) {
    const byte = cursor.bytes.readUInt8(cursor.at++);
    value += (byte % 0x80) * factor;
    if (byte < 0x80) return value;
  }
};

const readText = (cursor: Cursor): string => {
  const length = readVarint(cursor);
  cursor.at += length;
  return cursor.bytes.toString('utf8', cursor.at - length, cursor.at);
};

const fixed =
  <T extends BlockValue>(width: number, read: (bytes: Buffer, at: number) => T) =>
  (cursor: Cursor): T => {
    cursor.at += width;
    return read(cursor.bytes, cursor.at - width);
  };

const readUInt64 = fixed(8, (bytes, at) => bytes.readBigUInt64LE(at));
const readInt64 = fixed(8, (bytes, at) => bytes.readBigInt64LE(at));
const readMs = fixed(8, (bytes, at) => Number(bytes.readBigInt64LE(at)));

const readUuid = (cursor: Cursor): string => {
  const hex = [readUInt64(cursor), readUInt64(cursor)].map((half) => half.toString(16).padStart(16, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
};

const DAY_MS = 86_400_000;
const dayOf = (days: number): string => new Date(days * DAY_MS).toISOString().slice(0, 10);

const READERS: Readonly<Record<string, Read>> = {
  String: readText,
  UUID: readUuid,
  Bool: fixed(1, (bytes, at) => bytes.readUInt8(at) === 1),
  Date32: fixed(4, (bytes, at) => dayOf(bytes.readInt32LE(at))),
  'DateTime64(3)': readMs,
  UInt8: fixed(1, (bytes, at) => bytes.readUInt8(at)),
  UInt16: fixed(2, (bytes, at) => bytes.readUInt16LE(at)),
  UInt32: fixed(4, (bytes, at) => bytes.readUInt32LE(at)),
  UInt64: readUInt64,
  UInt128: (cursor) => readUInt64(cursor) | (readUInt64(cursor) << 64n),
  Int8: fixed(1, (bytes, at) => bytes.readInt8(at)),
  Int16: fixed(2, (bytes, at) => bytes.readInt16LE(at)),
  Int32: fixed(4, (bytes, at) => bytes.readInt32LE(at)),
  Int64: readInt64,
  Int128: (cursor) => readUInt64(cursor) | (readInt64(cursor) << 64n),
};

const readerOf = (type: string): Read => {
  const plain = READERS[type.replace(/^DateTime64\(3, '[^']+'\)$/, 'DateTime64(3)')];
  if (plain !== undefined) return plain;
  const names = /^Enum8\((.+)\)$/.exec(type)?.[1];
  if (names === undefined) throw new Error(`the decoder reads no columns of type ${type}`);
  const byNumber = new Map([...names.matchAll(/'([^']+)'\s*=\s*(-?\d+)/g)].map(([, name, n]) => [Number(n), name]));
  return fixed(1, (bytes, at) => byNumber.get(bytes.readInt8(at)) ?? '');
};

const readColumn = (cursor: Cursor, type: string, rows: number): BlockValue[] => {
  const times = <T>(read: () => T): T[] => Array.from({ length: rows }, read);
  const nullable = /^Nullable\((.+)\)$/.exec(type)?.[1];
  if (nullable !== undefined) {
    const nulls = times(() => cursor.bytes.readUInt8(cursor.at++) === 1);
    return readColumn(cursor, nullable, rows).map((value, row) => (nulls[row] === true ? null : value));
  }
  const array = /^Array\((.+)\)$/.exec(type)?.[1];
  if (array !== undefined) {
    const ends = times(() => Number(readUInt64(cursor)));
    const values = readColumn(cursor, array, ends.at(-1) ?? 0);
    return ends.map((end, row) => values.slice(ends[row - 1] ?? 0, end));
  }
  const read = readerOf(type);
  return times(() => read(cursor));
};

export type DecodedBlock = { columns: readonly { name: string; type: string }[]; rows: BlockRow[] };

/** A block that ends too early, or does not end where its bytes do, is an error. */
export const decodeBlock = (bytes: Buffer): DecodedBlock => {
  const cursor: Cursor = { bytes, at: 0 };
  const width = readVarint(cursor);
  const rows = Array.from({ length: readVarint(cursor) }, (): Record<string, BlockValue> => ({}));
  const columns = Array.from({ length: width }, () => {
    const column = { name: readText(cursor), type: readText(cursor) };
    for (const [index, value] of readColumn(cursor, column.type, rows.length).entries()) {
      const row = rows[index];
      if (row !== undefined) row[column.name] = value;
    }
    return column;
  });
  if (cursor.at !== bytes.length) throw new Error(`${bytes.length - cursor.at} bytes after the block`);
  return { columns, rows };
};
