/** Small stores worked by hand: events are delivered, brought into the ledgers and read by reports. */

import type { DefinitionInput } from '@cartledger/control';
import type { Delivery, EventType } from '@cartledger/events';
import { createReports, type ReportQuery, type Reports } from '@cartledger/reports';
import { createWorld, type World } from './aggregator-world.ts';

/** All events are before it. */
const NOW = Date.parse('2027-03-01T00:00:00Z');

export type ReportsWorld = {
  world: World;
  reports: Reports;
  createStore(store_id: string, definition?: DefinitionInput): Promise<void>;
  define(store_id: string, change: DefinitionInput, from: string | null): Promise<void>;
  /** Takes the events in and brings the ledgers up to them. */
  take(store_id: string, events: readonly Partial<Delivery>[]): Promise<void>;
  /** A query for the store, by its definition as it is now. */
  query(store_id: string, asked: Partial<ReportQuery> & Pick<ReportQuery, 'from' | 'to'>): Promise<ReportQuery>;
  [Symbol.asyncDispose](): Promise<void>;
};

let made = 0;
/** An event of visitor v at a UTC time. */
export const at = (time: string, type: EventType, fields: Partial<Delivery> = {}): Partial<Delivery> => {
  const occurred_at = Date.parse(time.length === 10 ? `${time}T12:00:00Z` : `${time}Z`);
  const event_id = `e${made++}`;
  return {
    event_id,
    type,
    visitor_id: 'v',
    occurred_at,
    received_at: occurred_at,
    payload_hash: BigInt(made),
    currency: 'EUR',
    ...fields,
  };
};
/** One piece of a product for so many minor units. */
export const item = (product_id: string, unit_price: number, quantity = 1) => ({ product_id, unit_price, quantity });

export const createReportsWorld = async (clickhouseUrl: string): Promise<ReportsWorld> => {
  const world = await createWorld(clickhouseUrl, () => NOW);
  const reports = createReports({ clickhouse: world.clickhouse });
  const aggregator = world.aggregator();
  return {
    world,
    reports,
    createStore: async (store_id, definition) => {
      await world.control.stores.create(store_id, definition);
    },
    define: async (store_id, change, from) => {
      await world.control.stores.define(store_id, change, from);
      await aggregator.runOnce();
    },
    take: async (store_id, events) => {
      await world.deliver(events.map((event) => ({ ...event, store_id }) as Delivery));
      await aggregator.runOnce();
    },
    query: async (store_id, asked) => {
      const store = await world.control.stores.get(store_id);
      if (!store) throw new Error(`no store ${store_id}`);
      return { store_id, definition: store.definition, versions: store.versions, as_of: NOW, ...asked };
    },
    [Symbol.asyncDispose]: async () => {
      await aggregator[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
};
