import { expect, test } from 'vitest';
import { createHasher } from './hash.ts';

const hasher = await createHasher();

test('hashes are those of xxHash64 with seed 0, of text as of its UTF-8 bytes', () => {
  expect(hasher.xxh64('')).toBe(0xef46db3751d8e999n);
  expect(hasher.xxh64('abc')).toBe(0x44bc2cf5ad770999n);
  expect(hasher.xxh64('Grüße 😀')).toBe(hasher.xxh64(Buffer.from('Grüße 😀')));
});

test('a visitor, a cart, an order and a customer of one name are four', () => {
  const hashes = [hasher.visitorNode('a'), hasher.cartNode('a'), hasher.orderNode('a'), hasher.customerHash('a')];
  expect(new Set(hashes).size).toBe(4);
  expect(hasher.visitorNode('a')).toBe(hasher.xxh64('v:a'));
});

test('a node is the same of an id and of its bytes, however long it is', () => {
  for (const id of ['', 'a', 'Grüße 😀', 'x'.repeat(512), 'ß'.repeat(300)]) {
    const bytes = Buffer.from(`..${id}..`);
    expect(hasher.nodeOf('visitor', bytes, 2, bytes.length - 2)).toBe(hasher.visitorNode(id));
    expect(hasher.nodeOf('cart', bytes, 2, bytes.length - 2)).toBe(hasher.cartNode(id));
    expect(hasher.nodeOf('order', bytes, 2, bytes.length - 2)).toBe(hasher.orderNode(id));
    expect(hasher.nodeOf('customer', bytes, 2, bytes.length - 2)).toBe(hasher.customerHash(id));
  }
});
