/** Where the next byte of a buffer is read. */
export type Cursor = { at: number };

const MAX_VARINT_BYTES = 5;
const MAX_VARLONG_BYTES = 10;

/** Reads a signed (zigzag) varint of 32 bits, as Kafka's record format has them. Throws RangeError on what is none. */
export function readVarint(bytes: Uint8Array, cursor: Cursor): number {
  let raw = 0;
  for (let shift = 0; shift < 7 * MAX_VARINT_BYTES; shift += 7) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) {
      throw new RangeError('a varint goes beyond its buffer');
    }
    raw |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      return (raw >>> 1) ^ -(raw & 1);
    }
  }
  throw new RangeError('a varint of more than 5 bytes');
}

/** Reads a signed (zigzag) varint of 64 bits, exact as far as numbers are (2^53). Throws RangeError on what is none. */
export function readVarlong(bytes: Uint8Array, cursor: Cursor): number {
  let raw = 0;
  let unit = 1;
  for (let count = 0; count < MAX_VARLONG_BYTES; count++) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) {
      throw new RangeError('a varint goes beyond its buffer');
    }
    raw += (byte & 0x7f) * unit;
    unit *= 0x80;
    if (byte < 0x80) {
      return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
    }
  }
  throw new RangeError('a varint of more than 10 bytes');
}

/** Bytes that `writeVarint` takes for a value of 32 bits. */
export function sizeOfVarint(value: number): number {
  const raw = ((value << 1) ^ (value >> 31)) >>> 0;
  return raw < 0x80 ? 1 : raw < 0x4000 ? 2 : raw < 0x200000 ? 3 : raw < 0x10000000 ? 4 : 5;
}

/** Writes a signed (zigzag) varint of 32 bits; answers where the next byte goes. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let raw = ((value << 1) ^ (value >> 31)) >>> 0;
  let next = at;
  while (raw >= 0x80) {
    bytes[next++] = (raw & 0x7f) | 0x80;
    raw >>>= 7;
  }
  bytes[next++] = raw;
  return next;
}

const TWO_32 = 2 ** 32;

/** Bytes that `writeVarlong` takes. */
export function sizeOfVarlong(value: number): number {
  if (value === (value | 0)) {
    return sizeOfVarint(value);
  }
  let size = 1;
  for (let raw = zigzag(value); raw >= 0x80; raw = Math.floor(raw / 0x80)) {
    size++;
  }
  return size;
}

/** Writes a signed (zigzag) varint of up to 53 bits; answers where the next byte goes. */
export function writeVarlong(bytes: Uint8Array, at: number, value: number): number {
  if (value === (value | 0)) {
    return writeVarint(bytes, at, value);
  }
  let raw = zigzag(value);
  let next = at;
  while (raw >= 0x80) {
    bytes[next++] = ((raw % TWO_32) & 0x7f) | 0x80;
    raw = Math.floor(raw / 0x80);
  }
  bytes[next++] = raw;
  return next;
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}
