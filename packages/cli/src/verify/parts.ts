import type { Components } from './components.ts';
import type { Runs } from './spool.ts';

/** Runs of whole components, in the order they lie in the file. */
export type Part = { runs: number[]; events: number };

export type Parts = {
  /** What everything was known of when the reports were made. */
  settled: Part[];
  /** Components with events that came in later. */
  moving: Part[];
};

/**
 * Cuts a store's events into parts of whole components, each of about `partEvents` events: one more component is put
 * in as long as there is room. Only a component that is larger than that makes a larger part.
 */
export const cutIntoParts = (
  runs: Runs,
  components: Components,
  { partEvents, movingNodes }: { partEvents: number; movingNodes: readonly number[] },
): Parts => {
  const events = new Uint32Array(components.size);
  for (let run = 0; run < runs.count; run++) {
    const root = components.root(runs.node(run));
    events[root] = (events[root] ?? 0) + runs.events(run);
  }
  const moving = new Set(movingNodes.map((node) => components.root(node)));
  const parts: Parts = { settled: [], moving: [] };
  /** Number of the component's part + 1, among those of its kind. */
  const places = new Uint32Array(components.size);
  for (let run = 0; run < runs.count; run++) {
    const root = components.root(runs.node(run));
    const ofKind = moving.has(root) ? parts.moving : parts.settled;
    if (places[root] === 0) {
      const last = ofKind.at(-1);
      const more = events[root] ?? 0;
      if (last === undefined || (last.events > 0 && last.events + more > partEvents))
        ofKind.push({ runs: [], events: more });
      else last.events += more;
      places[root] = ofKind.length;
    }
    ofKind[(places[root] ?? 0) - 1]?.runs.push(run);
  }
  return parts;
};
