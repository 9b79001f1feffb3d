import { expect, test } from 'vitest';
import { encodeMetadata, MAX_METADATA_BYTES, readMetadata, startingPoint } from './position.ts';

test('metadata reads back and fits a commit', () => {
  const text = encodeMetadata('6yQ1Zr0oS3uXgYk7q8mPzA');
  expect(readMetadata(text)).toBe('6yQ1Zr0oS3uXgYk7q8mPzA');
  expect(Buffer.byteLength(text)).toBeLessThan(MAX_METADATA_BYTES);
  expect(() => encodeMetadata('é'.repeat(300))).toThrow(RangeError);
});

test.each(['', '{', 'null', '[]', '{"v":2,"epoch":"e"}', '{"v":1}', '{"v":1,"epoch":7}', '\0', 'x'.repeat(600)])(
  'metadata that this version cannot read is none: %j',
  (text) => {
    expect(readMetadata(text)).toBeNull();
  },
);

test('reading goes on at the committed offset of the same life of the topic', () => {
  expect(startingPoint({ offset: 7n, metadata: encodeMetadata('a') }, 'a')).toBe(7n);
});

test('an offset of an earlier life of the topic, or none, means its start', () => {
  expect(startingPoint({ offset: 7n, metadata: encodeMetadata('a') }, 'b')).toBe('earliest');
  expect(startingPoint(null, 'a')).toBe('earliest');
});

test('an offset set by an operator, without metadata of ours, is followed', () => {
  expect(startingPoint({ offset: 7n, metadata: '' }, 'a')).toBe(7n);
});
