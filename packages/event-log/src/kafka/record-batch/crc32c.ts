/** The Castagnoli polynomial, lowest bit first. */
const POLYNOMIAL = 0x82f63b78;
const STEP = 8;

/** Eight tables of 256: table k holds what a byte does to the checksum when k more bytes follow it ("slicing by 8"). */
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

/** The CRC-32C (RFC 3720, appendix B.4) of [start, end) of the bytes, unsigned. */
export function crc32c(bytes: Buffer, start: number, end: number): number {
  const t = TABLES;
  let crc = -1;
  let at = start;
  for (const steps = end - STEP; at <= steps; at += STEP) {
    const low = crc ^ bytes.readInt32LE(at);
    const high = bytes.readInt32LE(at + 4);
    crc =
      (t[0x700 + (low & 0xff)] ?? 0) ^
      (t[0x600 + ((low >>> 8) & 0xff)] ?? 0) ^
      (t[0x500 + ((low >>> 16) & 0xff)] ?? 0) ^
      (t[0x400 + (low >>> 24)] ?? 0) ^
      (t[0x300 + (high & 0xff)] ?? 0) ^
      (t[0x200 + ((high >>> 8) & 0xff)] ?? 0) ^
      (t[0x100 + ((high >>> 16) & 0xff)] ?? 0) ^
      (t[high >>> 24] ?? 0);
  }
  for (; at < end; at++) {
    crc = (crc >>> 8) ^ (t[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0);
  }
  return ~crc >>> 0;
}
