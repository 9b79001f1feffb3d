import { setImmediate as breathe } from 'node:timers/promises';
import type { Store } from '@cartledger/control';
import type { Hasher } from '@cartledger/events';
import { buildLedger, firstAlike, type KeptEvent, type LedgerRow } from '@cartledger/funnel';
import {
  type Component,
  ComponentTooLarge,
  type Events,
  type Graph,
  isFrom,
  type Links,
  type LoadedEvent,
  propertiesOf,
  type Touches,
} from '@cartledger/history';
import type { Calendars } from './calendars.ts';
import { AggregatorError } from './errors.ts';
import type { Ledger, LedgerPart } from './ledger.ts';
import type { AggregatorMetrics } from './metrics.ts';

/** Rounds in which events that came in meanwhile may make components grow. */
const MAX_ROUNDS = 20;

/** Events computed before others have their turn: about 30 ms. A single component may have more. */
const EVENTS_AT_ONCE = 1_000;

/** A store's visitors that have to be recomputed. */
export type Todo = { store: Store; touches: Touches };

/** Touches of several stores, about pageVisitors visitors at a time. */
function* pagesOf(
  work: readonly Todo[],
  pageVisitors: number,
  isDone: (store_id: string, visitor: bigint, neighbors: readonly bigint[]) => boolean,
): Generator<Map<string, Touches>> {
  let page = new Map<string, Touches>();
  let visitors = 0;
  for (const { store, touches } of work)
    for (const [visitor, neighbors] of touches) {
      if (isDone(store.store_id, visitor, neighbors)) continue;
      if (visitors === pageVisitors) {
        yield page;
        page = new Map();
        visitors = 0;
        // The page may have done this one too.
        if (isDone(store.store_id, visitor, neighbors)) continue;
      }
      const ofStore = page.get(store.store_id) ?? new Map();
      page.set(store.store_id, ofStore.set(visitor, neighbors));
      visitors++;
    }
  if (visitors > 0) yield page;
}

export type RecomputeOptions = {
  /** Also writes rows that come out the same. */
  force?: boolean;
  /** Looks at what the stored rows say, not only at their keys. */
  verify?: boolean;
  /**
   * Components whose smallest visitor with events is smaller are left alone: they were done with that one. Visitors
   * without events (erased ones; links stay) are in no list of visitors, and make no component an earlier one's.
   */
  from?: bigint;
  /** Told the latest event of rows that are about to be written, whatever becomes of the rest. */
  note?: Note;
};
export type Note = (store_id: string, lastEventAt: number) => void;

export type Recomputed = {
  /** By store. */
  lastEventAt: Map<string, number>;
  /** Rows that were not as they should be, of what was verified. */
  mended: number;
};

type Located = { store_id: string; component: Component; events: number };

const locate = (graphs: ReadonlyMap<string, Graph>): { store_id: string; component: Component }[] =>
  [...graphs].flatMap(([store_id, graph]) => graph.components().map((component) => ({ store_id, component })));

/** Whole components, together of about maxEvents events; one that is larger stands alone. */
const partsOf = (components: readonly Located[], maxEvents: number): Located[][] => {
  const parts: Located[][] = [];
  let part: Located[] = [];
  let events = 0;
  for (const located of components) {
    if (part.length > 0 && events + located.events > maxEvents) {
      parts.push(part);
      part = [];
      events = 0;
    }
    part.push(located);
    events += located.events;
  }
  return part.length > 0 ? [...parts, part] : parts;
};

/** The row under the name of the version that it is kept by. */
const naming = (row: LedgerRow, named: ReadonlyMap<number, number>): LedgerRow => {
  if (row.kind !== 'journey' && row.kind !== 'cart') return row;
  const definition_version = named.get(row.definition_version) ?? row.definition_version;
  return definition_version === row.definition_version ? row : { ...row, definition_version };
};

const visitorsOf = (touches: ReadonlyMap<string, Touches>): Map<string, Iterable<bigint>> =>
  new Map([...touches].map(([store_id, visitors]) => [store_id, visitors.keys()]));

const nodesBy = (
  components: readonly { store_id: string; component: Component }[],
  kind: 'visitors' | 'nodes',
): Map<string, bigint[]> => {
  const places = new Map<string, bigint[]>();
  for (const { store_id, component } of components) {
    const nodes = places.get(store_id) ?? [];
    places.set(store_id, nodes);
    for (const node of component[kind]) nodes.push(node);
  }
  return places;
};

export const createRecompute = (
  deps: {
    links: Links;
    events: Events;
    ledger: Ledger;
    hasher: Hasher;
    calendarOf: Calendars;
    metrics: AggregatorMetrics;
  },
  {
    maxEvents,
    maxComponentEvents,
    pageVisitors,
  }: { maxEvents: number; maxComponentEvents: number; pageVisitors: number },
) => {
  const { links, events, ledger, hasher, calendarOf, metrics } = deps;
  let largest = 0;

  /** Component by component, so that nothing else waits long for its turn. */
  const rowsFrom = async (
    { definition, versions }: Store,
    components: readonly Component[],
    loaded: readonly LoadedEvent[],
  ): Promise<LedgerRow[]> => {
    const byVisitor = new Map<bigint, KeptEvent[]>();
    for (const { visitor, event } of loaded) {
      const ofVisitor = byVisitor.get(visitor);
      if (ofVisitor) ofVisitor.push(event);
      else byVisitor.set(visitor, [event]);
    }
    const days = calendarOf(definition.time_zone);
    const named = firstAlike(versions);
    const rows: LedgerRow[] = [];
    let some: KeptEvent[] = [];
    const build = async (): Promise<void> => {
      for (const row of buildLedger({ events: some, definition, versions, days })) rows.push(naming(row, named));
      some = [];
      await breathe();
    };
    for (const { visitors } of components) {
      for (const visitor of visitors) for (const event of byVisitor.get(visitor) ?? []) some.push(event);
      if (some.length >= EVENTS_AT_ONCE) await build();
    }
    await build();
    return rows;
  };

  /** Edges that the events name and the graph does not know: of batches that ingest has only just written. */
  const newEdges = async (loaded: readonly LoadedEvent[], graph: Graph): Promise<Touches> => {
    const edges: Touches = new Map();
    for (const [i, { visitor, event }] of loaded.entries()) {
      if (i % (10 * EVENTS_AT_ONCE) === 0) await breathe();
      const things = [
        event.cart_id === undefined ? null : hasher.cartNode(event.cart_id),
        event.order_id === undefined ? null : hasher.orderNode(event.order_id),
      ];
      for (const thing of things) {
        if (thing === null || graph.connected(visitor, thing)) continue;
        edges.set(visitor, [...(edges.get(visitor) ?? []), thing]);
      }
    }
    return edges;
  };

  /**
   * Brings the ledger rows of everything that hangs together with the touched visitors up to their events; answers
   * the latest event of each store. A part of a component is never computed: when the events that were read lead
   * further, it is closed anew first.
   */
  return async (
    work: readonly Todo[],
    { force = false, verify = false, from = 0n, note = () => {} }: RecomputeOptions = {},
  ): Promise<Recomputed> => {
    let mended = 0;
    const stores = new Map(work.map(({ store }) => [store.store_id, store]));
    const properties = propertiesOf(work.flatMap(({ store }) => store.versions));
    const lastEventAt = new Map<string, number>();
    /** Nodes of components that are through, by store. */
    const done = new Map<string, Set<bigint>>();
    let todo = new Map<string, Touches>();

    const recomputePart = async (part: readonly Located[], graphs: ReadonlyMap<string, Graph>): Promise<void> => {
      const loaded = await events.load(nodesBy(part, 'visitors'), properties);
      const rowsOf = new Map<string, LedgerPart>();
      for (const [store_id, components] of Map.groupBy(part, (located) => located.store_id)) {
        const store = stores.get(store_id);
        const graph = graphs.get(store_id);
        if (!store || !graph) continue;
        const ofStore = loaded.get(store_id) ?? [];
        metrics.events.inc(ofStore.length);

        const edges = await newEdges(ofStore, graph);
        if (edges.size > 0) todo.set(store_id, new Map([...(todo.get(store_id) ?? []), ...edges]));
        const closed = components.filter(({ component }) => !component.visitors.some((visitor) => edges.has(visitor)));
        const visitors = new Set(closed.flatMap(({ component }) => component.visitors));
        const kept = ofStore.filter(({ visitor }) => visitors.has(visitor));
        const latest = kept.reduce((at, { event }) => Math.max(at, event.event_time), lastEventAt.get(store_id) ?? 0);
        lastEventAt.set(store_id, latest);
        note(store_id, latest);
        metrics.visitors.inc(visitors.size);

        const through = done.get(store_id) ?? new Set();
        done.set(store_id, through);
        for (const { component } of closed) for (const node of component.nodes) through.add(node);

        rowsOf.set(store_id, {
          nodes: closed.flatMap(({ component }) => component.nodes),
          rows: await rowsFrom(
            store,
            closed.map(({ component }) => component),
            kept,
          ),
        });
      }
      const changes = await ledger.replace(rowsOf, { force, verify });
      if (verify) mended += changes.written + changes.removed;
      metrics.rows.inc({ change: 'written' }, changes.written);
      metrics.rows.inc({ change: 'removed' }, changes.removed);
      metrics.rows.inc({ change: 'unchanged' }, changes.unchanged);
    };

    const recomputePage = async (page: ReadonlyMap<string, Touches>): Promise<void> => {
      todo = new Map(page);
      for (let round = 0; todo.size > 0; round++) {
        if (round === MAX_ROUNDS)
          throw new AggregatorError(
            'graph_in_motion',
            'components grow faster than they are read; they are tried again',
          );
        if (round > 0) await links.add(todo);
        const graphs = await links.close(visitorsOf(todo), maxComponentEvents);
        todo = new Map();
        const components = locate(graphs);
        const counts = await events.counts(nodesBy(components, 'visitors'));
        const counted = components
          // What has grown since is wanted whatever it was before.
          .filter(({ store_id, component }) => round > 0 || isFrom(component, from, counts.get(store_id)))
          .map(({ store_id, component }) => ({
            store_id,
            component,
            events: component.visitors.reduce((sum, visitor) => sum + (counts.get(store_id)?.get(visitor) ?? 0), 0),
          }));
        largest = counted.reduce((most, located) => Math.max(most, located.events), largest);
        metrics.largestComponent.set(largest);
        for (const { store_id, component, events: size } of counted)
          if (size > maxComponentEvents) {
            const hub = await events.hub(store_id, component.visitors);
            throw new ComponentTooLarge(store_id, { events: size, limit: maxComponentEvents, hub });
          }
        for (const part of partsOf(counted, maxEvents)) await recomputePart(part, graphs);
      }
    };

    const isDone = (store_id: string, visitor: bigint, neighbors: readonly bigint[]): boolean => {
      const through = done.get(store_id);
      return !!through?.has(visitor) && neighbors.every((thing) => through.has(thing));
    };
    // Of all pages first: a component must not be met without a visitor whom a later page would add.
    await links.add(new Map(work.map(({ store, touches }) => [store.store_id, touches])));
    for (const page of pagesOf(work, pageVisitors, isDone)) await recomputePage(page);
    return { lastEventAt, mended };
  };
};
export type Recompute = ReturnType<typeof createRecompute>;
