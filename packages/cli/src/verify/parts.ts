/** A store's events in parts of whole components, so that a few at a time are in memory. */
import type { Delivery } from '@cartledger/events';
import type { Components } from './components.ts';
import type { Runs } from './runs.ts';
import type { Line, Spool } from './spool.ts';

/** Runs of whole components, in the order they lie in the file. */
export type Part = { runs: number[]; events: number };

export type Parts = {
  /** What everything was known of when the reports were made. */
  settled: Part[];
  /** Components with events that came in later. */
  moving: Part[];
};

/**
 * Cuts the runs of those who share into parts of about `partEvents` events: one more component is put in as long as there
 * is room. Only a component that is larger than that makes a larger part.
 */
export const cutIntoParts = (
  runs: Runs,
  components: Components,
  { partEvents, movingNodes }: { partEvents: number; movingNodes: readonly number[] },
): Parts => {
  const events = new Uint32Array(components.size);
  for (let i = 0; i < runs.count; i++) {
    const run = runs.at(i);
    const root = components.root(run.node);
    events[root] = (events[root] ?? 0) + run.events;
  }
  const moving = new Set(movingNodes.map((node) => components.root(node)));
  const parts: Parts = { settled: [], moving: [] };
  /** Number of the component's part + 1, among those of its kind. */
  const places = new Uint32Array(components.size);
  for (let i = 0; i < runs.count; i++) {
    const root = components.root(runs.at(i).node);
    const ofKind = moving.has(root) ? parts.moving : parts.settled;
    if (places[root] === 0) {
      const last = ofKind.at(-1);
      const more = events[root] ?? 0;
      if (last === undefined || (last.events > 0 && last.events + more > partEvents))
        ofKind.push({ runs: [], events: more });
      else last.events += more;
      places[root] = ofKind.length;
    }
    ofKind[(places[root] ?? 0) - 1]?.runs.push(i);
  }
  return parts;
};

export const linesOf = function* (spool: Spool, runs: Runs, part: Part): Generator<Line> {
  for (const i of part.runs) {
    const { start, end } = runs.at(i);
    yield* spool.read(start, end);
  }
};

/** What lies between the runs: visitors who share nothing, each whole, together about `partEvents` events. */
export const betweenRuns = function* (spool: Spool, runs: Runs, partEvents: number): Generator<Delivery[]> {
  let part: Delivery[] = [];
  let from = 0;
  for (let i = 0; i <= runs.count; i++) {
    const next = i < runs.count ? runs.at(i) : { start: spool.bytes, end: spool.bytes };
    for (const { delivery } of spool.read(from, next.start)) {
      if (part.length >= partEvents && delivery.visitor_id !== part.at(-1)?.visitor_id) {
        yield part;
        part = [];
      }
      part.push(delivery);
    }
    from = next.end;
  }
  if (part.length > 0) yield part;
};
