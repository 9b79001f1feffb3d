const MAGIC = 0x184d2204;
const UNCOMPRESSED = 0x80000000;
const MIN_MATCH = 4;

/**
 * Decompresses an LZ4 frame, as Kafka's clients write it (message format 2). Checksums are not verified: the record
 * batch around it has its own. Throws RangeError on data that is not that, or that unpacks to more than `maxBytes`.
 */
export function decompressLz4(data: Buffer, maxBytes: number): Buffer {
  if (data.length < 7 || data.readUInt32LE(0) !== MAGIC) {
    throw new RangeError('LZ4: not a frame');
  }
  const flags = data.readUInt8(4);
  const blockChecksum = (flags & 0x10) !== 0;
  const contentSize = (flags & 0x08) !== 0;
  const dictionary = (flags & 0x01) !== 0;
  let at = 6 + (contentSize ? 8 : 0) + (dictionary ? 4 : 0) + 1; // the last is the header's checksum
  // Blocks of a frame may refer to the ones before: they are all written into one buffer.
  let out = Buffer.alloc(Math.min(Math.max(64 * 1024, data.length * 4), maxBytes));
  let end = 0;

  for (;;) {
    const header = data.readUInt32LE(at);
    at += 4;
    if (header === 0) {
      return out.subarray(0, end);
    }
    const size = header & ~UNCOMPRESSED;
    if (at + size > data.length) {
      throw new RangeError('LZ4: a block goes beyond its frame');
    }
    const block = data.subarray(at, at + size);
    const room = (header & UNCOMPRESSED) !== 0 ? size : decompressedSize(block);
    if (end + room > maxBytes) {
      throw new RangeError(`LZ4: more than ${maxBytes} bytes`);
    }
    if (end + room > out.length) {
      out = Buffer.concat([out.subarray(0, end)], Math.max(out.length * 2, end + room));
    }
    end += (header & UNCOMPRESSED) !== 0 ? block.copy(out, end) : decompressBlock(block, out, end);
    at += size + (blockChecksum ? 4 : 0);
  }
}

/** Calls `visit` for each sequence of a block: literals, then a match (none after the last literals). */
function forEachSequence(
  block: Buffer,
  visit: (literalsAt: number, literals: number, distance: number, match: number) => void,
): void {
  let at = 0;
  const extended = (nibble: number) => {
    let length = nibble;
    if (nibble === 15) {
      for (let byte = 255; byte === 255; length += byte) {
        byte = block.readUInt8(at++);
      }
    }
    return length;
  };
  while (at < block.length) {
    const token = block.readUInt8(at++);
    const literals = extended(token >>> 4);
    const literalsAt = at;
    at += literals;
    if (at >= block.length) {
      visit(literalsAt, literals, 0, 0);
      return;
    }
    const distance = block.readUInt16LE(at);
    at += 2;
    visit(literalsAt, literals, distance, extended(token & 15) + MIN_MATCH);
  }
}

function decompressedSize(block: Buffer): number {
  let size = 0;
  forEachSequence(block, (_, literals, __, match) => {
    size += literals + match;
  });
  return size;
}

function decompressBlock(block: Buffer, out: Buffer, start: number): number {
  let end = start;
  forEachSequence(block, (literalsAt, literals, distance, match) => {
    if (literalsAt + literals > block.length) {
      throw new RangeError('LZ4: literals go beyond their block');
    }
    end += block.copy(out, end, literalsAt, literalsAt + literals);
    if (match > 0 && (distance === 0 || distance > end)) {
      throw new RangeError('LZ4: a match begins before its frame');
    }
    // Byte by byte: a match may overlap what it writes.
    for (let i = 0; i < match; i++, end++) {
      out[end] = out[end - distance] ?? 0;
    }
  });
  return end - start;
}
