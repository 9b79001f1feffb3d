import { expect, test } from 'vitest';
import { chunksOf } from './places.ts';

test('chunks hold every node once, each with its store, and fit a query parameter', () => {
  const nodes = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => 2n ** 64n - BigInt(1 + from + i));
  const places = new Map([
    ['a', nodes(0, 4_999)],
    ['none', []],
    ['b', nodes(0, 7_000)],
    ...Array.from({ length: 2_500 }, (_, i) => [`${'s'.repeat(60)}${i}`, nodes(i, 1)] as const),
  ]);
  const chunks = [...chunksOf(places)];
  const found = chunks.flatMap(({ stores, store_numbers, nodes }) =>
    nodes.map((node, i) => `${stores[(store_numbers[i] ?? 0) - 1]} ${node}`),
  );
  expect(found.sort()).toEqual([...places].flatMap(([store, all]) => all.map((node) => `${store} ${node}`)).sort());
  for (const chunk of chunks)
    for (const parameter of [chunk.stores, chunk.store_numbers, chunk.nodes])
      expect(`[${parameter.map((value) => `'${value}'`)}]`.length).toBeLessThan(128 * 1_024);
});
