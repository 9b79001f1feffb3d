import fc from 'fast-check';
import { expect, test } from 'vitest';
import { appendString, createByteBuffer, readVarint, varintLength, writeVarint } from './byte-buffer.ts';

test('varints of any safe size read back, in as many bytes as announced', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const bytes = Buffer.alloc(10);
      const end = writeVarint(bytes, 0, value);
      expect(end).toBe(varintLength(value));
      expect(readVarint(bytes, 0)).toEqual({ value, next: end });
    }),
  );
});

test('strings of any script and length read back, one after another', () => {
  const lengthsAroundTheVarintSteps = [0, 1, 23, 24, 25, 42, 43, 63, 64, 126, 127, 128, 5461, 16_383, 16_384];
  const strings = lengthsAroundTheVarintSteps.flatMap((n) => [
    'a'.repeat(n),
    'ß'.repeat(n),
    '漢'.repeat(n),
    '😀'.repeat(n),
  ]);
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...strings)), { maxLength: 30 }),
      (all) => {
        const buffer = createByteBuffer();
        for (const text of all) appendString(buffer, text);
        let at = 0;
        for (const text of all) {
          const { value, next } = readVarint(buffer.bytes, at);
          expect(buffer.bytes.toString('utf8', next, next + value)).toBe(text);
          at = next + value;
        }
        expect(at).toBe(buffer.length);
      },
    ),
  );
});

test('a lone surrogate becomes the replacement character, as in JSON that is written to the log', () => {
  const buffer = createByteBuffer();
  appendString(buffer, 'a\ud800');
  expect(buffer.bytes.subarray(1, buffer.length)).toEqual(Buffer.from('a\ufffd'));
});
