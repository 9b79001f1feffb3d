import { type ClickHouse, defineQuery, integer } from '@cartledger/clickhouse';
import type { Store } from '@cartledger/control';
import { createHasher } from '@cartledger/events';
import { buildTimeline, createCalendar, type KeptEvent, type Timeline } from '@cartledger/funnel';
import { createHistory, MAX_COMPONENT_EVENTS, propertiesOf } from '@cartledger/history';
import { z } from 'zod';
import { notReady, unknownCart, unknownVisitor } from './errors.ts';

const standing = defineQuery({
  name: 'timeline_as_of',
  sql: 'SELECT toUnixTimestamp64Milli(as_of) AS as_of_ms FROM store_state FINAL WHERE store_id = {store_id:String}',
  params: z.object({ store_id: z.string() }),
  row: z.object({ as_of_ms: integer }),
});

const cartVisitors = defineQuery({
  name: 'timeline_cart_visitors',
  sql: 'SELECT DISTINCT visitor_id FROM carts WHERE store_id = {store_id:String} AND cart_key = {cart_key:String}',
  params: z.object({ store_id: z.string(), cart_key: z.string() }),
  row: z.object({ visitor_id: z.string() }),
});

export type Timelines = (
  store: Pick<Store, 'store_id' | 'definition' | 'versions'>,
  of: Timeline['of'],
) => Promise<Timeline>;

/**
 * The life of one visitor or cart, made from the kept events of everything it hangs together with. Throws
 * ServiceError `unknown_visitor` | `unknown_cart` for what has none, `not_ready`; ComponentTooLarge of @cartledger/history.
 */
export const createTimelines = (
  { clickhouse }: { clickhouse: ClickHouse },
  { maxComponentEvents = MAX_COMPONENT_EVENTS }: { maxComponentEvents?: number } = {},
): Timelines => {
  const history = createHistory(clickhouse);
  const hasher = createHasher();

  /** Visitors with whom everything of it hangs together. */
  const visitorsOf = async (store_id: string, of: Timeline['of']): Promise<string[]> => {
    if ('visitor_id' in of) return [of.visitor_id];
    const rows = await clickhouse.query(cartVisitors, { store_id, cart_key: of.cart_key });
    if (rows.length === 0) throw unknownCart(of.cart_key);
    return rows.map(({ visitor_id }) => visitor_id);
  };

  const read = (store_id: string, visitors: bigint[], properties: string[]): Promise<KeptEvent[]> =>
    history.ofVisitors(store_id, visitors, { properties, maxComponentEvents });

  return async ({ store_id, definition, versions }, of) => {
    const [state] = await clickhouse.query(standing, { store_id });
    if (!state) throw notReady(`Nothing of store ${store_id} has been taken in yet. Try again in a few seconds.`);
    const { visitorNode } = await hasher;
    const visitors = (await visitorsOf(store_id, of)).map(visitorNode);
    const events = await read(store_id, visitors, propertiesOf(versions));
    if ('visitor_id' in of && !events.some(({ visitor_id }) => visitor_id === of.visitor_id))
      throw unknownVisitor(of.visitor_id);
    const days = createCalendar(definition.time_zone);
    return buildTimeline({ events, definition, versions, days, asOf: state.as_of_ms }, of);
  };
};
