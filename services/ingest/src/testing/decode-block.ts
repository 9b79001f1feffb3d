/** Reads blocks of ClickHouse's Native format back, as far as ingest's columns need it. For tests. */

type Cursor = { bytes: Buffer; at: number };

const readVarint = (cursor: Cursor): number => {
  let value = 0;
  for (let factor = 1; ; factor *= 0x80) {
    const byte = cursor.bytes.readUInt8(cursor.at++);
    value += (byte % 0x80) * factor;
    if (byte < 0x80) return value;
  }
};

const readString = (cursor: Cursor): string => {
  const length = readVarint(cursor);
  cursor.at += length;
  return cursor.bytes.toString('utf8', cursor.at - length, cursor.at);
};

const readUInt64 = (cursor: Cursor): bigint => {
  cursor.at += 8;
  return cursor.bytes.readBigUInt64LE(cursor.at - 8);
};

const readUuid = (cursor: Cursor): string => {
  const hex = [readUInt64(cursor), readUInt64(cursor)].map((half) => half.toString(16).padStart(16, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
};

const READERS: Record<string, (cursor: Cursor) => unknown> = {
  String: readString,
  UUID: readUuid,
  UInt64: readUInt64,
  Int64: (cursor) => Number(BigInt.asIntN(64, readUInt64(cursor))),
  UInt128: (cursor) => readUInt64(cursor) | (readUInt64(cursor) << 64n),
  "DateTime64(3, 'UTC')": (cursor) => Number(BigInt.asIntN(64, readUInt64(cursor))),
  UInt32: (cursor) => {
    cursor.at += 4;
    return cursor.bytes.readUInt32LE(cursor.at - 4);
  },
  Bool: (cursor) => cursor.bytes.readUInt8(cursor.at++) === 1,
};

const readColumn = (cursor: Cursor, type: string, rows: number): unknown[] => {
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
  const read = READERS[type];
  if (read === undefined) throw new Error(`the test decoder knows no ${type}`);
  return times(() => read(cursor));
};

export const decodeBlock = (bytes: Buffer): Record<string, unknown>[] => {
  const cursor: Cursor = { bytes, at: 0 };
  const columns = readVarint(cursor);
  const rows = Array.from({ length: readVarint(cursor) }, (): Record<string, unknown> => ({}));
  for (let column = 0; column < columns; column += 1) {
    const name = readString(cursor);
    const type = readString(cursor);
    for (const [index, value] of readColumn(cursor, type, rows.length).entries()) {
      const row = rows[index];
      if (row !== undefined) row[name] = value;
    }
  }
  if (cursor.at !== bytes.length) throw new Error(`${bytes.length - cursor.at} bytes after the block`);
  return rows;
};
