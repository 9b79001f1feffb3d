import { type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import { buildLedger, createCalendar, DEFAULT_BREAKDOWN_VALUES, type JourneyRow } from '@cartledger/funnel';
import { createHistory, MAX_COMPONENT_EVENTS, propertiesOf } from '@cartledger/history';
import { z } from 'zod';
import { ReportError } from '../errors.ts';
import type { ReportQuery } from '../query.ts';
import { createRowFold, type LastSeen } from './fold-rows.ts';
import { notKept } from './not-kept.ts';
import { createQueues } from './one-at-a-time.ts';
import { piecesOf } from './pieces.ts';
import type { FunnelPlan } from './plan.ts';
import { createRemembered } from './remembered.ts';
import type { FunnelFigures } from './report.ts';

export type OnDemandConfig = {
  /** Funnels of stores with more events than this are not computed. */
  maxEvents: number;
  /** Of events that hang together: ComponentTooLarge of @cartledger/history is thrown for more. */
  maxComponentEvents: number;
  /** How long an answer stands while the events do. */
  rememberMs: number;
  /** Funnels computed side by side, each of another store: every one holds a page of events. */
  atOnce: number;
};
export const DEFAULT_ON_DEMAND: OnDemandConfig = {
  maxEvents: 3_000_000,
  maxComponentEvents: MAX_COMPONENT_EVENTS,
  rememberMs: 10 * 60_000,
  atOnce: 2,
};

const REMEMBERED = 50;

const eventsOfStore = defineQuery({
  name: 'on_demand_events',
  sql: 'SELECT count() AS events FROM events WHERE store_id = {store_id:String}',
  params: z.object({ store_id: z.string() }),
  row: z.object({ events: z.coerce.number() }),
});

/**
 * Changes whenever something is read that was not there before, also of events that no ledger row tells of: those that
 * match only stages of another version, or none yet. What was delivered twice may change it too: then one is computed anew.
 * Of versions, not of payloads: the same payload taken in at an earlier time is kept instead, and may stand elsewhere.
 */
const contentsOfStore = defineQuery({
  name: 'on_demand_contents',
  sql: `
    SELECT
      (SELECT count() FROM links WHERE store_id = {store_id:String}) AS edges,
      count() AS events,
      sum(version) AS contents
    FROM events
    WHERE store_id = {store_id:String}`,
  params: z.object({ store_id: z.string() }),
  row: z.object({ edges: z.coerce.string(), events: z.coerce.string(), contents: z.coerce.string() }),
});

/** What the events say of a funnel beside its figures. */
type Computed = FunnelFigures & { leads: number; lastSeen: LastSeen };

export type OnDemand = {
  /** The figures of a funnel that the ledger does not keep. Throws ReportError `too_large`, ComponentTooLarge; rejects when given up. */
  figures(query: ReportQuery, plan: FunnelPlan, signal?: AbortSignal): Promise<Computed>;
  /** Every journey of such a funnel, one after the other. */
  journeys(query: ReportQuery, plan: FunnelPlan, take: (row: JourneyRow) => void, signal?: AbortSignal): Promise<void>;
};

/**
 * Funnels from the events: whole components page by page, one funnel of a store at a time and few in this process, so that
 * memory is that of a few pages. Others have their turn all the while; given up when the caller has gone.
 */
export const createOnDemand = (
  { clickhouse, now }: { clickhouse: ClickHouse; now: () => number },
  { maxEvents, maxComponentEvents, rememberMs, atOnce }: OnDemandConfig,
): OnDemand => {
  const history = createHistory(clickhouse);
  const queue = createQueues({ atOnce });
  const remembered = createRemembered<Computed>({ entries: REMEMBERED, forMs: rememberMs, now });

  const checkSize = async ({ store_id }: ReportQuery, plan: FunnelPlan): Promise<void> => {
    const [row] = await clickhouse.query(eventsOfStore, { store_id });
    if (row === undefined || row.events <= maxEvents) return;
    const { why, remedy } = notKept(plan);
    throw new ReportError(
      'too_large',
      null,
      `${why}, and has more events (${row.events}) than the ${maxEvents} it is computed from; ${remedy}`,
    );
  };

  const walk = async (
    { store_id, definition }: ReportQuery,
    { versions }: FunnelPlan,
    take: (row: JourneyRow) => void,
    signal?: AbortSignal,
  ): Promise<void> => {
    const days = createCalendar(definition.time_zone);
    for await (const events of history.ofStore(store_id, {
      properties: propertiesOf(versions),
      maxComponentEvents,
    })) {
      for await (const piece of piecesOf(events)) {
        signal?.throwIfAborted();
        for (const row of buildLedger({ events: piece, definition, versions, days }))
          if (row.kind === 'journey') take(row);
      }
    }
  };

  return {
    figures: async (query, plan, signal) => {
      const { store_id, from, to, breakdown_values = DEFAULT_BREAKDOWN_VALUES } = query;
      await checkSize(query, plan);
      const [contents] = await clickhouse.query(contentsOfStore, { store_id });
      const counting = plan.versions.map((version) => [version.from, version.definition.version]);
      const key = JSON.stringify([
        [store_id, from, to, plan.key, plan.breakdown, breakdown_values],
        [counting, query.definition.version, contents],
      ]);
      const known = remembered.get(key);
      if (known) return known;
      return queue(
        store_id,
        async () => {
          // Whoever stood before in the queue may have asked the same.
          const computed = remembered.get(key);
          if (computed) return computed;
          const fold = createRowFold(plan, query);
          await walk(query, plan, fold.add, signal);
          const figures = fold.finish(breakdown_values);
          remembered.set(key, figures);
          return figures;
        },
        signal,
      );
    },

    journeys: async (query, plan, take, signal) => {
      await checkSize(query, plan);
      await queue(query.store_id, () => walk(query, plan, take, signal), signal);
    },
  };
};
