import type { Store } from '@cartledger/control';
import type { Hasher } from '@cartledger/events';
import { buildLedger, type Calendar, createCalendar } from '@cartledger/funnel';
import { AggregatorError } from './errors.ts';
import type { Events, LoadedEvent } from './events.ts';
import type { Component, Graph } from './graph.ts';
import type { Ledger } from './ledger.ts';
import type { Links } from './links.ts';
import type { AggregatorMetrics } from './metrics.ts';
import type { Touches } from './touched.ts';

/** Rounds in which events that came in meanwhile may make components grow. */
const MAX_ROUNDS = 20;

export type Recomputed = {
  /** Latest event time met, 0 when there was none. */
  lastEventAt: number;
};

export type RecomputeOptions = {
  /** Also writes rows that come out the same. */
  force?: boolean;
  /** Components for which it answers false are left alone. */
  wanted?: (component: Component) => boolean;
};

type Part = { components: Component[]; events: number };

/** Whole components, together of about maxEvents events; one that is larger stands alone. */
const partsOf = (components: readonly Component[], counts: ReadonlyMap<bigint, number>, maxEvents: number): Part[] => {
  const parts: Part[] = [];
  let part: Part | undefined;
  for (const component of components) {
    const events = component.visitors.reduce((sum, visitor) => sum + (counts.get(visitor) ?? 0), 0);
    if (!part || part.events + events > maxEvents) {
      part = { components: [], events: 0 };
      parts.push(part);
    }
    part.components.push(component);
    part.events += events;
  }
  return parts;
};

export const createRecompute = (
  deps: { links: Links; events: Events; ledger: Ledger; hasher: Hasher; metrics: AggregatorMetrics },
  { maxEvents }: { maxEvents: number },
) => {
  const { links, events, ledger, hasher, metrics } = deps;
  const calendars = new Map<string, Calendar>();

  const calendarOf = (zone: string): Calendar => {
    const calendar = calendars.get(zone) ?? createCalendar(zone);
    calendars.set(zone, calendar);
    return calendar;
  };

  /** Edges that the events name and the graph does not know: of batches that ingest has only just written. */
  const newEdges = (loaded: readonly LoadedEvent[], graph: Graph): Touches => {
    const edges: Touches = new Map();
    for (const { visitor, event } of loaded) {
      for (const thing of [
        event.cart_id === undefined ? null : hasher.cartNode(event.cart_id),
        event.order_id === undefined ? null : hasher.orderNode(event.order_id),
      ]) {
        if (thing === null || graph.connected(visitor, thing)) continue;
        const neighbors = edges.get(visitor) ?? new Set();
        edges.set(visitor, neighbors.add(thing));
      }
    }
    return edges;
  };

  /**
   * Brings the ledger rows of everything that hangs together with the touched visitors up to their events. A part of
   * a component is never computed: when the events that were read lead further, it is closed anew first.
   */
  return async (
    store: Store,
    touches: Touches,
    { force = false, wanted }: RecomputeOptions = {},
  ): Promise<Recomputed> => {
    const { store_id, definition } = store;
    const days = calendarOf(definition.time_zone);
    let lastEventAt = 0;
    let todo = touches;

    for (let round = 0; todo.size > 0; round++) {
      if (round === MAX_ROUNDS)
        throw new AggregatorError('graph_in_motion', `components of store ${store_id} grow faster than they are read`);
      const graph = await links.close(store_id, todo);
      const components = graph.components().filter((component) => !wanted || wanted(component));
      const counts = await events.counts(
        store_id,
        components.flatMap((component) => component.visitors),
      );
      todo = new Map();
      for (const part of partsOf(components, counts, maxEvents)) {
        const visitors = part.components.flatMap((component) => component.visitors);
        const loaded = await events.load(store_id, visitors);
        metrics.events.inc(loaded.length);
        const edges = newEdges(loaded, graph);
        const grown = new Set(
          part.components.filter((component) => component.visitors.some((visitor) => edges.has(visitor))),
        );
        for (const [visitor, neighbors] of edges) todo.set(visitor, neighbors);

        const closed = part.components.filter((component) => !grown.has(component));
        const left = new Set([...grown].flatMap((component) => component.visitors));
        const kept = loaded.filter(({ visitor }) => !left.has(visitor)).map(({ event }) => event);
        for (const { event_time } of kept) lastEventAt = Math.max(lastEventAt, event_time);
        const changes = await ledger.replace({
          store_id,
          definition_version: definition.version,
          nodes: closed.flatMap((component) => component.nodes),
          rows: buildLedger({ events: kept, definition, days }),
          force,
        });
        metrics.visitors.inc(visitors.length - left.size);
        metrics.rows.inc({ change: 'written' }, changes.written);
        metrics.rows.inc({ change: 'removed' }, changes.removed);
        metrics.rows.inc({ change: 'unchanged' }, changes.unchanged);
        if (part.components.length === 1) metrics.largestComponent.set(part.events);
      }
    }
    return { lastEventAt };
  };
};
export type Recompute = ReturnType<typeof createRecompute>;
