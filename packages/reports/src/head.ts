import type { ClickHouse } from '@cartledger/clickhouse';
import { defineQuery } from '@cartledger/clickhouse';
import { createCalendar, DAY_MS, type Funnel, funnelKey, type ReportHead } from '@cartledger/funnel';
import { z } from 'zod';

import { type CartParams, cartParams } from './cart-queries.ts';
import { ReportError } from './errors.ts';
import { stagesOf } from './funnel.ts';
import type { ReportQuery } from './query.ts';

const storeState = defineQuery({
  name: 'store_state',
  sql: `
    SELECT toUnixTimestamp64Milli(as_of) AS as_of_ms, toUnixTimestamp64Milli(last_event_at) AS last_event_ms, definition_version
    FROM store_state FINAL
    WHERE store_id = {store_id:String}`,
  params: z.object({ store_id: z.string() }),
  row: z.object({
    as_of_ms: z.coerce.number(),
    last_event_ms: z.coerce.number(),
    definition_version: z.coerce.number(),
  }),
});

const firstUnsettledCartDay = defineQuery({
  name: 'first_unsettled_cart_day',
  sql: `
    SELECT toString(minOrNull(day)) AS first_day
    FROM carts_at(as_of = {as_of:Int64}, idle_ms = {idle_ms:Int64}, abandon_ms = {abandon_ms:Int64}, recovery_ms = {recovery_ms:Int64})
    WHERE store_id = {store_id:String} AND day BETWEEN {from:Date32} AND {to:Date32}
      AND outcome = '' AND inactive_ms < {abandon_ms:Int64} + {recovery_ms:Int64}`,
  params: cartParams,
  row: z.object({ first_day: z.string().nullable() }),
});

const stagesSeen = defineQuery({
  name: 'stages_seen',
  sql: `
    SELECT groupBitOr(any) AS seen
    FROM journeys
    WHERE store_id = {store_id:String} AND funnel = {funnel:String} AND day >= {since:Date32}`,
  params: z.object({ store_id: z.string(), funnel: z.string(), since: z.string() }),
  row: z.object({ seen: z.coerce.number() }),
});

/** Where a store's ledgers stand: the T of a report that names none. */
export const readAsOf = async (clickhouse: ClickHouse, { store_id, as_of }: ReportQuery): Promise<number> => {
  const [state] = await clickhouse.query(storeState, { store_id });
  if (!state) {
    if (as_of !== undefined) return as_of;
    throw new ReportError(
      'not_ready',
      null,
      `nothing of store ${store_id} has been taken in yet; try again in a few seconds`,
    );
  }
  if (as_of === undefined) return state.as_of_ms;
  if (as_of >= state.last_event_ms) return as_of;
  const last = new Date(state.last_event_ms).toISOString();
  throw new ReportError(
    'bad_as_of',
    'as_of',
    `as_of is before the store's last event (${last}); give that or a later time`,
  );
};

type Lag = { from: string; to: string; time_zone: string; as_of: number; afterDayMs: number };

/** The first day of the period that has not ended `afterDayMs` before T. */
const firstOpenDay = ({ from, to, time_zone, as_of, afterDayMs }: Lag): string | null => {
  const calendar = createCalendar(time_zone);
  if (calendar.dayEnd(to) + afterDayMs <= as_of) return null;
  const open = calendar.dayOf(as_of - afterDayMs);
  return open < from ? from : open;
};

/** The earlier of two days, either of which may be none. */
export const earlier = (a: string | null, b: string | null): string | null =>
  a === null || (b !== null && b < a) ? b : a;

export const openFrom = {
  funnel: (query: ReportQuery, as_of: number, funnel: Funnel): string | null =>
    firstOpenDay({ ...query, time_zone: query.definition.time_zone, as_of, afterDayMs: funnel.window_ms }),
  orders: (query: ReportQuery, as_of: number): string | null =>
    firstOpenDay({ ...query, time_zone: query.definition.time_zone, as_of, afterDayMs: DAY_MS }),
  carts: async (clickhouse: ClickHouse, query: ReportQuery, params: CartParams): Promise<string | null> => {
    const [row] = await clickhouse.query(firstUnsettledCartDay, params);
    const notEnded = firstOpenDay({
      ...query,
      time_zone: query.definition.time_zone,
      as_of: params.as_of,
      afterDayMs: 0,
    });
    return earlier(row?.first_day ?? null, notEnded);
  },
};

const SILENT_DAYS = 30;

/** A stage that no event has matched for 30 days is most likely named wrong or not sent. */
export const stageWarnings = async (
  clickhouse: ClickHouse,
  { store_id, definition }: ReportQuery,
  as_of: number,
  funnel: Funnel,
): Promise<ReportHead['warnings']> => {
  const since = createCalendar(definition.time_zone).dayOf(as_of - SILENT_DAYS * DAY_MS);
  const [row] = await clickhouse.query(stagesSeen, { store_id, funnel: funnelKey(funnel), since });
  const seen = row?.seen ?? 0;
  const stages = stagesOf(definition, funnel);
  const left = definition.stages.filter((stage) => !stages.includes(stage));
  return [
    ...left.map((stage) => ({
      code: 'stage_left_out',
      message: `Stage ${stage} is left out: carts begin with what is put in them.`,
    })),
    ...stages
      .filter((_, k) => ((seen >>> k) & 1) === 0)
      .map((stage) => ({
        code: 'stage_without_events',
        message: `No event has matched stage ${stage} for ${SILENT_DAYS} days.`,
      })),
  ];
};

export const head = (
  query: ReportQuery,
  as_of: number,
  open_from: string | null,
  warnings: ReportHead['warnings'],
): ReportHead => ({
  store_id: query.store_id,
  from: query.from,
  to: query.to,
  timezone: query.definition.time_zone,
  as_of: new Date(as_of).toISOString(),
  open_from,
  definition_versions: [query.definition.version],
  warnings,
});
