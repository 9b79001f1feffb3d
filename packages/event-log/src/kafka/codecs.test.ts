import { expect, test } from 'vitest';
import { decompressLz4 } from './lz4.ts';
import { decompressSnappy } from './snappy.ts';

// What Kafka's own clients compress is read back in test/integration/event-log-kafka.test.ts.
const LIMIT = 1_000;
const TEXT = 'hello hello hello hello';
const snappyBlock = Buffer.concat([Buffer.from([23, 0x14]), Buffer.from('hello '), Buffer.from([0x42, 6, 0])]);
const lz4Block = Buffer.concat([
  Buffer.from([0x68]),
  Buffer.from('hello '),
  Buffer.from([6, 0, 0x50]),
  Buffer.from('hello'),
]);

function lz4Frame(block: Buffer, flags = 0x60): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(block.length);
  return Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, flags, 0x40, 0]), size, block, Buffer.alloc(4)]);
}

test('Snappy is read as a raw block and in the framing of the Java client', () => {
  expect(String(decompressSnappy(snappyBlock))).toBe(TEXT);
  const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  const size = Buffer.from([0, 0, 0, snappyBlock.length]);
  expect(String(decompressSnappy(Buffer.concat([header, size, snappyBlock, size, snappyBlock])))).toBe(TEXT + TEXT);
});

test('LZ4 frames are read with compressed and stored blocks', () => {
  expect(String(decompressLz4(lz4Frame(lz4Block), LIMIT))).toBe(TEXT);
  const stored = lz4Frame(Buffer.from(TEXT));
  stored.writeUInt32LE((0x80000000 | TEXT.length) >>> 0, 7);
  expect(String(decompressLz4(stored, LIMIT))).toBe(TEXT);
});

test('broken data is refused, never read beyond its end', () => {
  for (let cut = 0; cut < snappyBlock.length; cut++) {
    expect(() => decompressSnappy(snappyBlock.subarray(0, cut))).toThrow(RangeError);
  }
  const frame = lz4Frame(lz4Block);
  for (let cut = 0; cut < frame.length - 4; cut++) {
    expect(() => decompressLz4(frame.subarray(0, cut), LIMIT)).toThrow(RangeError);
  }
  expect(() => decompressLz4(lz4Frame(Buffer.from([0x04, 9, 0])), LIMIT)).toThrow(RangeError);
  expect(() => decompressSnappy(Buffer.from([8, 0x02, 1, 0]))).toThrow(RangeError);
});

test('LZ4 that unpacks to more than it may is refused before the room for it is taken', () => {
  // 255 more bytes of match for each byte of 0xff.
  const bomb = Buffer.concat([Buffer.from([0x1f, 0x61, 1, 0]), Buffer.alloc(2_000, 0xff), Buffer.from([0, 0])]);
  const size = 1 + 15 + 2_000 * 255 + 4;
  expect(decompressLz4(lz4Frame(bomb), size)).toHaveLength(size);
  expect(() => decompressLz4(lz4Frame(bomb), size - 1)).toThrow(/LZ4: more than \d+ bytes/);
  const stored = lz4Frame(Buffer.from(TEXT));
  stored.writeUInt32LE((0x80000000 | TEXT.length) >>> 0, 7);
  expect(() => decompressLz4(stored, TEXT.length - 1)).toThrow(RangeError);
});
