import { setImmediate as breathe } from 'node:timers/promises';
import { bigInteger, type ClickHouse, defineQuery, integer } from '@cartledger/clickhouse';
import { BUILT_IN_TYPES, CHECKOUT_STEPS, type Item, REFUND_KINDS, SOURCES } from '@cartledger/events';
import type { Definition, DefinitionVersion, KeptEvent } from '@cartledger/funnel';
import { z } from 'zod';
import { chunksOf, inPlaces, type Places, placesParams } from './places.ts';

const amount = integer.nullable();
const orNone = <const T extends readonly [string, ...string[]]>(values: T) => z.enum(values).or(z.literal(''));

const row = z.object({
  store_id: z.string(),
  visitor_hash: bigInteger,
  event_id: z.string(),
  type: z.enum(BUILT_IN_TYPES).or(z.templateLiteral(['custom:', z.string()])),
  event_time: integer,
  occurred_at: integer,
  received_at: integer,
  payload_hash: bigInteger,
  visitor_id: z.string(),
  session_id: z.string(),
  customer_id: z.string(),
  cart_id: z.string(),
  order_id: z.string(),
  refund_id: z.string(),
  kind: orNone(REFUND_KINDS),
  revision: z.int(),
  test: z.boolean(),
  channel: z.string(),
  checkout_step: orNone(CHECKOUT_STEPS),
  currency: z.string(),
  has_items: z.boolean(),
  cart_snapshot: z.boolean(),
  items: z.array(z.tuple([z.string(), z.string(), z.string(), z.string(), z.int(), amount])),
  amounts: z.tuple([amount, amount, amount, amount, amount]),
  friction_code: z.string(),
  /** Of the page: path, url; of the campaign: source, name; of the device: type, country, user_agent. */
  context: z.array(z.string()),
  source: z.enum(SOURCES),
  /** Raw JSON of the values that were asked for. */
  properties: z.array(z.tuple([z.string(), z.string()])),
});
type Row = z.output<typeof row>;

/** Unreadable JSON, also none, is read as an object without anything. */
const columns = `store_id, visitor_hash, event_id, type,
      toUnixTimestamp64Milli(event_time) AS event_time, toUnixTimestamp64Milli(occurred_at) AS occurred_at,
      toUnixTimestamp64Milli(received_at) AS received_at, payload_hash,
      visitor_id, session_id, customer_id, cart_id, order_id, refund_id, kind, revision, test, channel, checkout_step,
      currency, has_items, cart_snapshot,
      arrayZip(items.product_id, items.variant_id, items.name, items.category, items.quantity, items.unit_price) AS items,
      (amount_items, amount_discount, amount_tax, amount_shipping, amount_total) AS amounts, friction_code,
      [page_parts.path, page_parts.url, campaign_parts.source, campaign_parts.name, device_parts.type,
        device_parts.country, device_parts.user_agent] AS context,
      source`;

const parts = `WITH
      JSONExtract(page, 'Tuple(path String, url String)') AS page_parts,
      JSONExtract(campaign, 'Tuple(source String, name String)') AS campaign_parts,
      JSONExtract(device, 'Tuple(type String, country String, user_agent String)') AS device_parts`;

/** A month's events are deduplicated apart from other months': an id in two months is two events. */
const fromEvents = `FROM events FINAL
    WHERE ${inPlaces('visitor_hash')}
    SETTINGS do_not_merge_across_partitions_select_final = 1`;

export const eventsOfVisitors = defineQuery({
  name: 'events.of_visitors',
  sql: `
    ${parts}
    SELECT ${columns}, [] AS properties
    ${fromEvents}`,
  params: placesParams,
  row,
});

export const eventsWithProperties = defineQuery({
  name: 'events.of_visitors',
  sql: `
    ${parts}
    SELECT ${columns},
      arrayFilter(property -> has({names:Array(String)}, property.1), JSONExtractKeysAndValuesRaw(events.properties)) AS properties
    ${fromEvents}`,
  params: placesParams.extend({ names: z.array(z.string()) }),
  row,
});

export const countsOfVisitors = defineQuery({
  name: 'events.counts',
  sql: `
    SELECT store_id, visitor_hash, count() AS events
    FROM events
    WHERE ${inPlaces('visitor_hash')}
    GROUP BY store_id, visitor_hash`,
  params: placesParams,
  row: z.object({ store_id: z.string(), visitor_hash: bigInteger, events: integer }),
});

const item = ([product_id, variant_id, name, category, quantity, unit_price]: Row['items'][number]): Item => ({
  product_id,
  quantity,
  ...(variant_id !== '' && { variant_id }),
  ...(name !== '' && { name }),
  ...(category !== '' && { category }),
  ...(unit_price !== null && { unit_price }),
});

const amountsOf = ([items, discount, tax, shipping, total]: Row['amounts']): NonNullable<KeptEvent['amounts']> => ({
  ...(items !== null && { items }),
  ...(discount !== null && { discount }),
  ...(tax !== null && { tax }),
  ...(shipping !== null && { shipping }),
  ...(total !== null && { total }),
});

/** Rows taken before others have their turn: what a server sends fast comes without a pause. */
const AT_ONCE = 1_000;

const isComparable = (value: unknown): boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

/** Objects, lists and null are there for `exists` alone. */
const propertiesFrom = (raw: Row['properties']): Record<string, unknown> =>
  Object.fromEntries(
    raw.map(([name, json]): [string, unknown] => {
      const value: unknown = JSON.parse(json);
      return [name, isComparable(value) ? value : null];
    }),
  );

const eventOf = (r: Row): KeptEvent => {
  const event: KeptEvent = {
    store_id: r.store_id,
    event_id: r.event_id,
    type: r.type,
    event_time: r.event_time,
    occurred_at: r.occurred_at,
    received_at: r.received_at,
    payload_hash: r.payload_hash,
    visitor_id: r.visitor_id,
    source: r.source,
  };
  if (r.session_id !== '') event.session_id = r.session_id;
  if (r.customer_id !== '') event.customer_id = r.customer_id;
  if (r.cart_id !== '') event.cart_id = r.cart_id;
  if (r.order_id !== '') event.order_id = r.order_id;
  if (r.refund_id !== '') event.refund_id = r.refund_id;
  if (r.kind !== '') event.kind = r.kind;
  if (r.revision !== 0) event.revision = r.revision;
  if (r.test) event.test = true;
  if (r.channel !== '') event.channel = r.channel;
  if (r.checkout_step !== '') event.checkout_step = r.checkout_step;
  if (r.currency !== '') event.currency = r.currency;
  if (r.has_items) event.items = r.items.map(item);
  if (r.cart_snapshot) event.cart_snapshot = true;
  if (r.amounts.some((amount) => amount !== null)) event.amounts = amountsOf(r.amounts);
  if (r.friction_code !== '') event.friction = { code: r.friction_code };
  const [path = '', url = '', source = '', name = '', type = '', country = '', user_agent = ''] = r.context;
  if (path !== '' || url !== '') event.page = { path: path === '' ? url : path };
  if (source !== '' || name !== '') event.campaign = { source, name };
  if (type !== '' || country !== '' || user_agent !== '') event.device = { type, country, user_agent };
  if (r.properties.length > 0) event.properties = propertiesFrom(r.properties);
  return event;
};

const namedIn = ({ stage_predicates }: Definition): string[] =>
  Object.values(stage_predicates).flatMap((predicate) => predicate.properties.map((test) => test.property));

/** The events' own properties that some version of the definition looks at: in its stages and in its breakdowns. */
export const propertiesOf = (versions: readonly DefinitionVersion[]): string[] => [
  ...new Set(versions.flatMap(({ definition }) => [...definition.breakdown_properties, ...namedIn(definition)])),
];

/** What most visitors of a component have in common, when too many hang together. */
export type Hub = { name: 'cart_id' | 'order_id' | 'visitor_id'; id: string };

export const hubOfVisitors = defineQuery({
  name: 'events.hub',
  sql: `
    SELECT named.1 AS name, named.2 AS id
    FROM (
      SELECT visitor_hash, arrayJoin([('cart_id', cart_id), ('order_id', order_id)]) AS named
      FROM events WHERE ${inPlaces('visitor_hash')} AND named.2 != ''
      UNION ALL
      SELECT visitor_hash, ('visitor_id', visitor_id) FROM events WHERE ${inPlaces('visitor_hash')}
    )
    GROUP BY name, id
    ORDER BY uniq(visitor_hash) DESC, count() DESC, name, id
    LIMIT 1`,
  params: placesParams,
  row: z.object({ name: z.enum(['cart_id', 'order_id', 'visitor_id']), id: z.string() }),
});

export type LoadedEvent = { visitor: bigint; event: KeptEvent };

/** How many events each visitor of each store has. */
export type EventCounts = ReadonlyMap<string, ReadonlyMap<bigint, number>>;

/** Reads kept events by visitor, deduplicated, with all that a ledger is made of. */
export const createEvents = (clickhouse: ClickHouse) => ({
  /** Rows, repeats that are not merged yet included: what loading them may cost. */
  async counts(visitors: Places): Promise<EventCounts> {
    const counts = new Map<string, Map<bigint, number>>();
    for (const chunk of chunksOf(visitors))
      for (const { store_id, visitor_hash, events } of await clickhouse.query(countsOfVisitors, chunk)) {
        const ofStore = counts.get(store_id) ?? new Map();
        counts.set(store_id, ofStore.set(visitor_hash, events));
      }
    return counts;
  },

  /** The cart or order that most of some visitors have in common, or the one with the most events. */
  async hub(store_id: string, visitors: readonly bigint[]): Promise<Hub | null> {
    const [some] = chunksOf(new Map([[store_id, visitors]]));
    const [hub] = some ? await clickhouse.query(hubOfVisitors, some) : [];
    return hub ?? null;
  },

  /** By store. Of the events' own properties only the named ones, of all stores the same. */
  async load(visitors: Places, properties: readonly string[]): Promise<Map<string, LoadedEvent[]>> {
    const loaded = new Map<string, LoadedEvent[]>();
    let read = 0;
    for (const chunk of chunksOf(visitors)) {
      const rows =
        properties.length === 0
          ? clickhouse.stream(eventsOfVisitors, chunk)
          : clickhouse.stream(eventsWithProperties, { ...chunk, names: [...properties] });
      for await (const r of rows) {
        const ofStore = loaded.get(r.store_id) ?? [];
        if (ofStore.length === 0) loaded.set(r.store_id, ofStore);
        ofStore.push({ visitor: r.visitor_hash, event: eventOf(r) });
        if (++read % AT_ONCE === 0) await breathe();
      }
    }
    return loaded;
  },
});
export type Events = ReturnType<typeof createEvents>;
