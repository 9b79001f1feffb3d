/** A growing run of bytes. `bytes` and `view` are replaced when it grows: take them anew after every `reserve`. */
export type ByteBuffer = {
  bytes: Buffer;
  view: DataView;
  length: number;
};

const INITIAL_BYTES = 1024;

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const createByteBuffer = (): ByteBuffer => {
  const bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  return { bytes, view: viewOf(bytes), length: 0 };
};

const grow = (buffer: ByteBuffer, needed: number): void => {
  const grown = Buffer.allocUnsafeSlow(Math.max(needed, buffer.bytes.length * 2));
  buffer.bytes.copy(grown, 0, 0, buffer.length);
  buffer.bytes = grown;
  buffer.view = viewOf(grown);
};

/** Makes room for `more` bytes after the present end. Small, so that it is inlined wherever something is appended. */
export const reserve = (buffer: ByteBuffer, more: number): void => {
  const needed = buffer.length + more;
  if (needed > buffer.bytes.length) grow(buffer, needed);
};

export const varintLength = (value: number): number => {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length += 1;
  return length;
};

/** Writes an unsigned LEB128 at `offset`, which must have room; answers the offset after it. */
export const writeVarint = (bytes: Buffer, offset: number, value: number): number => {
  let at = offset;
  let rest = value;
  while (rest >= 0x80) {
    bytes[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  bytes[at++] = rest;
  return at;
};

/** Reads an unsigned LEB128 at `offset`; answers its value and the offset after it. */
export const readVarint = (bytes: Buffer, offset: number): { value: number; next: number } => {
  let value = 0;
  let next = offset;
  for (let factor = 1; ; factor *= 0x80) {
    const byte = bytes.readUInt8(next++);
    value += (byte % 0x80) * factor;
    if (byte < 0x80) return { value, next };
  }
};

/** Up to here a loop over the characters is faster than a call into native code. */
const SHORT_STRING = 24;
const MAX_UTF8_BYTES_PER_UNIT = 3;
const MAX_VARINT_BYTES = 5;

/** Appends a string as ClickHouse has it: length in bytes, then UTF-8 (lone surrogates become U+FFFD). */
export const appendString = (buffer: ByteBuffer, text: string): void => {
  const units = text.length;
  reserve(buffer, MAX_VARINT_BYTES + units * MAX_UTF8_BYTES_PER_UNIT);
  const { bytes, length: start } = buffer;
  if (units <= SHORT_STRING) {
    let at = start + 1;
    let unit = 0;
    for (; unit < units; unit += 1) {
      const code = text.charCodeAt(unit);
      if (code > 0x7f) break;
      bytes[at++] = code;
    }
    if (unit === units) {
      bytes[start] = units;
      buffer.length = at;
      return;
    }
  }
  // The length goes before the text and may turn out longer than guessed: then the text moves up.
  const guessed = varintLength(units);
  const written = bytes.write(text, start + guessed, 'utf8');
  const needed = varintLength(written);
  if (needed !== guessed) bytes.copyWithin(start + needed, start + guessed, start + guessed + written);
  writeVarint(bytes, start, written);
  buffer.length = start + needed + written;
};

/** Up to here a loop over the bytes is faster than a call into native code. */
const SHORT_SPAN = 48;

/** Appends UTF-8 that lies in `source` as ClickHouse has strings: length in bytes, then the bytes, which are not checked. */
export const appendSpan = (buffer: ByteBuffer, source: Uint8Array, start: number, end: number): void => {
  const size = end - start;
  reserve(buffer, MAX_VARINT_BYTES + size);
  const { bytes } = buffer;
  let at = buffer.length;
  if (size < 0x80) bytes[at++] = size;
  else at = writeVarint(bytes, at, size);
  if (size <= SHORT_SPAN) for (let from = start; from < end; from += 1) bytes[at + from - start] = source[from] ?? 0;
  else bytes.set(source.subarray(start, end), at);
  buffer.length = at + size;
};

/** Cuts a buffer of nothing but strings down to its first `count`. */
export const truncateStrings = (buffer: ByteBuffer, count: number): void => {
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const { value, next } = readVarint(buffer.bytes, at);
    at = next + value;
  }
  buffer.length = at;
};
