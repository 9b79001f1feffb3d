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
  return {
    int16,
    int32,
    int64: () => payload.readBigInt64BE(advance(8)),
    string() {
      const size = Math.max(int16(), 0);
      const start = advance(size);
      return payload.toString('utf8', start, start + size);
    },
    bytes() {
      const size = Math.max(int32(), 0);
      const start = advance(size);
      return payload.subarray(start, start + size);
    },
    array<T>(item: () => T): T[] {
      const items: T[] = [];
      for (let left = int32(); left > 0; left--) {
        items.push(item()); // ends by the answer's end however large the number is
      }
      return items;
    },
    skip: (size) => void advance(size),
  };
}
