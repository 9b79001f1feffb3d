/** TEST ONLY: events of a shop in Berlin, told by minutes since Monday 4 May 2026, noon there. */
import type { Delivery, EventType } from '@cartledger/events';
import { DEFAULT_DEFINITION, type Definition, type DefinitionVersion, MINUTE_MS } from '../definition.ts';
import { buildLedger } from './build.ts';
import { createCalendar } from './calendar.ts';
import type { KeptEvent } from './kept-event.ts';
import type { JourneyRow, LedgerRow } from './rows.ts';

export const T0 = Date.parse('2026-05-04T10:00:00Z');
export const BERLIN: Definition = { ...DEFAULT_DEFINITION, time_zone: 'Europe/Berlin' };
export const DAY = 24 * 60;

let made = 0;
/** Event ids grow, so that events of one instant and type stand as they are told. */
export const event = (minutes: number, type: EventType, fields: Partial<Delivery> = {}): KeptEvent => {
  const at = T0 + minutes * MINUTE_MS;
  const event_id = `e${String(made++).padStart(3, '0')}`;
  const received = { received_at: at, payload_hash: 0n, event_time: at };
  return { event_id, store_id: 's', visitor_id: 'v', type, occurred_at: at, currency: 'EUR', ...received, ...fields };
};

export const items = (product_id: string, quantity = 1, unit_price?: number) => ({
  items: [{ product_id, quantity, ...(unit_price === undefined ? {} : { unit_price }) }],
});

export const order = (minutes: number, order_id: string, fields: Partial<Delivery> = {}): KeptEvent =>
  event(minutes, 'purchase', { order_id, amounts: { total: 100 }, source: 'browser', ...fields });

export const build = (
  events: readonly KeptEvent[],
  definition: Definition = BERLIN,
  versions?: readonly DefinitionVersion[],
): LedgerRow[] =>
  buildLedger({
    events,
    definition,
    ...(versions ? { versions } : {}),
    days: createCalendar(definition.time_zone),
  });

export const cartsOf = (rows: readonly LedgerRow[]) => rows.filter((row) => row.kind === 'cart');
export const ordersOf = (rows: readonly LedgerRow[]) => rows.filter((row) => row.kind === 'order');
export const journeysOf = (rows: readonly LedgerRow[], funnel = 'visitor/ordered/604800000'): JourneyRow[] =>
  rows.filter((row) => row.kind === 'journey').filter((row) => row.funnel === funnel);
