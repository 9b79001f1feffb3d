import { expect, test } from 'vitest';
import { createComponents } from './components.ts';

test('what is joined, directly or through others, has one root; what is not has its own', () => {
  const components = createComponents();
  const node = (id: string): number => components.root(components.node(`visitor ${id}`));
  components.join(components.node('visitor a'), components.node('cart x'));
  components.join(components.node('visitor b'), components.node('cart x'));
  components.join(components.node('visitor c'), components.node('order x'));
  expect(node('a')).toBe(node('b'));
  expect(node('a')).not.toBe(node('c'));
  expect(components.size).toBe(5);
  expect([components.find('cart x'), components.find('cart a')]).toEqual([components.node('cart x'), null]);
  expect(components.size).toBe(5);
});

test('100,000 names joined in pairs and then in tens are as a plain map of them', () => {
  const components = createComponents();
  const COUNT = 100_000;
  for (let i = 0; i < COUNT; i++) components.join(components.node(`visitor-${i}`), components.node(`cart-${i >> 1}`));
  for (let i = 0; i < COUNT; i++)
    components.join(components.node(`order-${Math.floor(i / 10)}`), components.node(`visitor-${i}`));
  expect(components.size).toBe(COUNT + COUNT / 2 + COUNT / 10);
  const roots = new Set<number>();
  for (let i = 0; i < COUNT; i++) {
    const root = components.root(components.node(`visitor-${i}`));
    expect(root).toBe(components.root(components.node(`order-${Math.floor(i / 10)}`)));
    roots.add(root);
  }
  expect(roots.size).toBe(COUNT / 10);
});
