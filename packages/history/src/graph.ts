/** What hangs together: every visitor, cart id and order id of it, and no edge leads out. */
export type Component = {
  visitors: bigint[];
  /** Visitors, cart ids and order ids. */
  nodes: bigint[];
};

/**
 * Whether a component belongs to those who go through all visitors with events in order and have come to `from`: none
 * of its visitors that have events was met before. A visitor without any (erased; links stay) is never met.
 */
export const isFrom = (
  { visitors }: Component,
  from: bigint,
  counts: ReadonlyMap<bigint, number> | undefined,
): boolean => visitors.every((visitor) => visitor >= from || (counts?.get(visitor) ?? 0) === 0);

/** The part of a store's identity graph that has been read so far, as sets that are joined by edges (union-find). */
export type Graph = {
  visitors: Set<bigint>;
  /** Cart ids and order ids. */
  things: Set<bigint>;
  connect(visitor: bigint, thing: bigint): void;
  connected(visitor: bigint, thing: bigint): boolean;
  components(): Component[];
  /** Nodes of the largest component that any edge has made. */
  largest(): number;
  /** Visitors that hang together with the largest of them. */
  visitorsOfLargest(): bigint[];
};

export const createGraph = (): Graph => {
  const visitors = new Set<bigint>();
  const things = new Set<bigint>();
  const parents = new Map<bigint, bigint>();
  /** Nodes, by root; 1 when it is alone. */
  const sizes = new Map<bigint, number>();
  let largest = { node: 0n, size: 0 };

  const rootOf = (node: bigint): bigint => {
    let root = node;
    for (let parent = parents.get(root); parent !== undefined; parent = parents.get(root)) root = parent;
    // Later look-ups go straight to the root.
    for (let at = node; at !== root; ) {
      const parent = parents.get(at) ?? root;
      parents.set(at, root);
      at = parent;
    }
    return root;
  };

  return {
    visitors,
    things,
    connect: (visitor, thing) => {
      visitors.add(visitor);
      things.add(thing);
      const [a, b] = [rootOf(visitor), rootOf(thing)];
      if (a === b) return;
      const size = (sizes.get(a) ?? 1) + (sizes.get(b) ?? 1);
      parents.set(a, b);
      sizes.delete(a);
      sizes.set(b, size);
      if (size > largest.size) largest = { node: b, size };
    },
    connected: (visitor, thing) => things.has(thing) && rootOf(visitor) === rootOf(thing),
    components: () => {
      const byRoot = new Map<bigint, Component>();
      const componentOf = (node: bigint): Component => {
        const root = rootOf(node);
        let component = byRoot.get(root);
        if (!component) {
          component = { visitors: [], nodes: [] };
          byRoot.set(root, component);
        }
        return component;
      };
      for (const visitor of visitors) {
        const component = componentOf(visitor);
        component.visitors.push(visitor);
        component.nodes.push(visitor);
      }
      for (const thing of things) if (!visitors.has(thing)) componentOf(thing).nodes.push(thing);
      return [...byRoot.values()];
    },
    largest: () => largest.size,
    visitorsOfLargest: () => {
      const root = rootOf(largest.node);
      return [...visitors].filter((visitor) => rootOf(visitor) === root);
    },
  };
};
