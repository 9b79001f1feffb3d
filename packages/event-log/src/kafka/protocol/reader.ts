/** Reads the fields of an answer in the order they stand. Throws RangeError beyond its end. */
export type Reader = {
  int16(): number;
  int32(): number;
  int64(): bigint;
  /** A string with a length of 16 bits; null ones are empty. */
  string(): string;
  /** Bytes with a length of 32 bits, not copied; null ones are empty. */
  bytes(): Buffer;
  /** An array with a length of 32 bits; a null one is empty. */
  array<T>(item: () => T): T[];
  /** Bytes and arrays of "compact" fields, whose lengths are varints that count from 1; null ones are empty. */
  compactBytes(): Buffer;
  compactArray<T>(item: () => T): T[];
  skipTags(): void;
  skip(bytes: number): void;
};

export function createReader(payload: Buffer): Reader {
  let at = 0;
  const advance = (size: number): number => {
    const start = at;
    at += size;
    if (size < 0 || at > payload.length) {
      throw new RangeError(`an answer of ${payload.length} bytes ends before its field at ${start}`);
    }
    return start;
  };
  const int16 = () => payload.readInt16BE(advance(2));
  const int32 = () => payload.readInt32BE(advance(4));
  const varint = () => {
    let value = 0;
    for (let unit = 1; unit <= 2 ** 28; unit *= 0x80) {
      const byte = payload.readUInt8(advance(1));
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) {
        return value;
      }
    }
    throw new RangeError('a varint of more than 5 bytes');
  };
  const bytesOf = (size: number): Buffer => {
    const start = advance(Math.max(size, 0));
    return payload.subarray(start, start + Math.max(size, 0));
  };
  function arrayOf<T>(length: number, item: () => T): T[] {
    const items: T[] = [];
    for (let left = length; left > 0; left--) {
      items.push(item()); // ends by the answer's end however large the number is
    }
    return items;
  }
  return {
    int16,
    int32,
    int64: () => payload.readBigInt64BE(advance(8)),
    string() {
      const size = Math.max(int16(), 0);
      const start = advance(size);
      return payload.toString('utf8', start, start + size);
    },
    bytes: () => bytesOf(int32()),
    array: (item) => arrayOf(int32(), item),
    compactBytes: () => bytesOf(varint() - 1),
    compactArray: (item) => arrayOf(varint() - 1, item),
    skipTags() {
      for (let left = varint(); left > 0; left--) {
        varint(); // the tag
        advance(varint());
      }
    },
    skip: (size) => void advance(size),
  };
}
