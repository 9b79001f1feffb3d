/** The Castagnoli polynomial, lowest bit first. */
const POLYNOMIAL = 0x82f63b78;
const STEP = 16;

/** Sixteen tables of 256: table k says what a byte does to the checksum when k more bytes follow it ("slicing by 16"). */
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(STEP * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    }
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const crc = tables[at - 256] ?? 0;
    tables[at] = (crc >>> 8) ^ (tables[crc & 0xff] ?? 0);
  }
  return tables;
}

/** What four bytes do, the first of them in the lowest bits, when `after` more bytes of the step follow them. */
function four(word: number, after: number): number {
  const t = TABLES;
  const k = after << 8;
  return (
    (t[k + 0x300 + (word & 0xff)] ?? 0) ^
    (t[k + 0x200 + ((word >>> 8) & 0xff)] ?? 0) ^
    (t[k + 0x100 + ((word >>> 16) & 0xff)] ?? 0) ^
    (t[k + (word >>> 24)] ?? 0)
  );
}

/** The CRC-32C (RFC 3720, appendix B.4) of [start, end) of the bytes, unsigned. */
export function crc32c(bytes: Buffer, start: number, end: number): number {
  // Reads 32 bits at once, which Buffer's own methods do not.
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let crc = -1;
  let at = start;
  for (const last = end - STEP; at <= last; at += STEP) {
    crc =
      four(crc ^ words.getInt32(at, true), 12) ^
      four(words.getInt32(at + 4, true), 8) ^
      four(words.getInt32(at + 8, true), 4) ^
      four(words.getInt32(at + 12, true), 0);
  }
  for (; at < end; at++) {
    crc = (crc >>> 8) ^ (TABLES[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0);
  }
  return ~crc >>> 0;
}
