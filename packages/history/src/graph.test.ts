import { expect, test } from 'vitest';
import { createGraph } from './graph.ts';

const sorted = (nodes: readonly bigint[]) => nodes.toSorted((a, b) => (a < b ? -1 : 1));

test('what edges join, in whatever order they come, is one component, and nothing else is in it', () => {
  const graph = createGraph();
  for (const visitor of [1n, 2n, 3n, 4n]) graph.visitors.add(visitor);
  graph.connect(1n, 10n);
  graph.connect(3n, 11n);
  graph.connect(2n, 11n);
  graph.connect(2n, 10n);
  expect(graph.connected(1n, 11n)).toBe(true);
  expect(graph.connected(4n, 11n)).toBe(false);
  expect(graph.connected(1n, 99n)).toBe(false);
  const components = graph.components().map(({ visitors, nodes }) => [sorted(visitors), sorted(nodes)]);
  expect(components).toEqual([
    [
      [1n, 2n, 3n],
      [1n, 2n, 3n, 10n, 11n],
    ],
    [[4n], [4n]],
  ]);
});

test('a node that is a visitor and a cart by accident of hashing only makes a component larger', () => {
  const graph = createGraph();
  graph.connect(1n, 2n);
  graph.connect(2n, 3n);
  const [component] = graph.components();
  expect(sorted(component?.visitors ?? [])).toEqual([1n, 2n]);
  expect(sorted(component?.nodes ?? [])).toEqual([1n, 2n, 3n]);
});

test('the largest component is known at any time, with its visitors', () => {
  const graph = createGraph();
  expect(graph.largest()).toBe(0);
  graph.connect(1n, 10n);
  graph.connect(2n, 11n);
  graph.connect(3n, 11n);
  expect([graph.largest(), sorted(graph.visitorsOfLargest())]).toEqual([3, [2n, 3n]]);
  graph.connect(1n, 11n);
  graph.connect(1n, 10n);
  expect([graph.largest(), sorted(graph.visitorsOfLargest())]).toEqual([5, [1n, 2n, 3n]]);
});

test('a long chain does not overflow anything', () => {
  const graph = createGraph();
  for (let i = 0n; i < 50_000n; i++) {
    graph.connect(i * 2n, i * 2n + 1n);
    graph.connect(i * 2n + 2n, i * 2n + 1n);
  }
  expect(graph.components()).toHaveLength(1);
});
