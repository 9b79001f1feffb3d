/**
 * Decompresses Snappy as Kafka's clients write it: raw blocks, or (the Java client) blocks in the framing of
 * snappy-java. Throws RangeError on data that is not that.
 */
export function decompressSnappy(data: Buffer): Buffer {
  if (!data.subarray(0, XERIAL.length).equals(XERIAL)) {
    return decompressBlock(data);
  }
  const blocks: Buffer[] = [];
  let at = XERIAL.length + 8; // two version numbers
  while (at < data.length) {
    const size = data.readInt32BE(at);
    blocks.push(decompressBlock(data.subarray(at + 4, at + 4 + size)));
    at += 4 + size;
  }
  return Buffer.concat(blocks);
}

/** A copy of 64 bytes takes 3: no block grows more, so none makes us allocate more. */
const MAX_RATIO = 22;

const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);

/** A block: its length, then literals and copies of what was written before (format_description.txt of Snappy). */
function decompressBlock(data: Buffer): Buffer {
  let at = 0;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = data.readUInt8(at++);
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      break;
    }
  }
  if (length >>> 0 > data.length * MAX_RATIO) {
    throw new RangeError(`Snappy: ${length >>> 0} bytes announced by a block of ${data.length}`);
  }
  const out = Buffer.alloc(length >>> 0);
  let end = 0;

  while (at < data.length) {
    const tag = data.readUInt8(at++);
    const kind = tag & 3;
    if (kind === 0) {
      let size = (tag >>> 2) + 1;
      if (size > 60) {
        const bytes = size - 60;
        size = data.readUIntLE(at, bytes) + 1;
        at += bytes;
      }
      end += copyLiteral(data, at, size, out, end);
      at += size;
    } else {
      let size = (tag >>> 2) + 1;
      let distance: number;
      if (kind === 1) {
        size = ((tag >>> 2) & 7) + 4;
        distance = ((tag >>> 5) << 8) | data.readUInt8(at);
        at += 1;
      } else if (kind === 2) {
        distance = data.readUInt16LE(at);
        at += 2;
      } else {
        distance = data.readUInt32LE(at);
        at += 4;
      }
      end += copyBack(out, end, distance, size);
    }
  }
  if (end !== out.length) {
    throw new RangeError(`Snappy: ${end} bytes where ${out.length} were announced`);
  }
  return out;
}

function copyLiteral(from: Buffer, at: number, size: number, out: Buffer, end: number): number {
  if (at + size > from.length || end + size > out.length) {
    throw new RangeError('Snappy: a literal goes beyond its block');
  }
  return from.copy(out, end, at, at + size);
}

/** Copies `size` bytes from `distance` before the end; they may overlap what is being written. */
function copyBack(out: Buffer, end: number, distance: number, size: number): number {
  if (distance === 0 || distance > end || end + size > out.length) {
    throw new RangeError('Snappy: a copy goes beyond its block');
  }
  for (let i = 0; i < size; i++) {
    out[end + i] = out[end - distance + i] ?? 0;
  }
  return size;
}
