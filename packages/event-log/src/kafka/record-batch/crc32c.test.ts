import { expect, test } from 'vitest';
import { crc32c } from './crc32c.ts';

test.each([
  // RFC 3720, appendix B.4
  ['32 bytes of zeros', Buffer.alloc(32), 0x8a9136aa],
  ['32 bytes of ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['32 incrementing bytes', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
  ['the digits', Buffer.from('123456789'), 0xe3069283],
  ['nothing', Buffer.alloc(0), 0],
])('the checksum of %s is the known one', (_, bytes, expected) => {
  expect(crc32c(bytes, 0, bytes.length)).toBe(expected);
});

test('only what lies between start and end counts, wherever it lies', () => {
  const digits = Buffer.from('xx123456789y');
  expect(crc32c(digits, 2, 11)).toBe(0xe3069283);
});
