/** A database, a control store and stores of their own, into which events are written as ingest writes them. */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { type Aggregator, type AggregatorConfig, createAggregator } from '@cartledger/aggregator';
import { type ClickHouse, createClickHouse, defineQuery, integer, migrate } from '@cartledger/clickhouse';
import { type Control, createControl, type Store } from '@cartledger/control';
import { createHasher, type Delivery, eventTime } from '@cartledger/events';
import type { Definition } from '@cartledger/funnel';
import { createLogger, createMetrics } from '@cartledger/service';
import { z } from 'zod';

const MIGRATIONS = fileURLToPath(new URL('../../schemas/clickhouse/', import.meta.url));
const TOPIC = 'storefront-events';
const LARGEST = 2n ** 64n - 1n;
const json = (value: object | undefined): string => (value === undefined ? '' : JSON.stringify(value));

const EVENT_COLUMNS = [
  { name: 'store_id', type: 'LowCardinality(String)' },
  { name: 'visitor_hash', type: 'UInt64' },
  { name: 'event_hash', type: 'UInt64' },
  { name: 'version', type: 'UInt128' },
  { name: 'event_id', type: 'String' },
  { name: 'type', type: 'LowCardinality(String)' },
  { name: 'event_time', type: "DateTime64(3, 'UTC')" },
  { name: 'occurred_at', type: "DateTime64(3, 'UTC')" },
  { name: 'received_at', type: "DateTime64(3, 'UTC')" },
  { name: 'payload_hash', type: 'UInt64' },
  { name: 'visitor_id', type: 'String' },
  { name: 'session_id', type: 'String' },
  { name: 'customer_id', type: 'String' },
  { name: 'cart_id', type: 'String' },
  { name: 'order_id', type: 'String' },
  { name: 'refund_id', type: 'String' },
  { name: 'kind', type: 'LowCardinality(String)' },
  { name: 'revision', type: 'UInt32' },
  { name: 'test', type: 'Bool' },
  { name: 'channel', type: 'LowCardinality(String)' },
  { name: 'checkout_step', type: 'LowCardinality(String)' },
  { name: 'currency', type: 'LowCardinality(String)' },
  { name: 'has_items', type: 'Bool' },
  { name: 'cart_snapshot', type: 'Bool' },
  { name: 'items.product_id', type: 'Array(String)' },
  { name: 'items.variant_id', type: 'Array(String)' },
  { name: 'items.name', type: 'Array(String)' },
  { name: 'items.category', type: 'Array(String)' },
  { name: 'items.quantity', type: 'Array(UInt32)' },
  { name: 'items.unit_price', type: 'Array(Nullable(Int64))' },
  { name: 'amount_items', type: 'Nullable(Int64)' },
  { name: 'amount_discount', type: 'Nullable(Int64)' },
  { name: 'amount_tax', type: 'Nullable(Int64)' },
  { name: 'amount_shipping', type: 'Nullable(Int64)' },
  { name: 'amount_total', type: 'Nullable(Int64)' },
  { name: 'friction_code', type: 'LowCardinality(String)' },
  { name: 'page', type: 'String' },
  { name: 'campaign', type: 'String' },
  { name: 'device', type: 'String' },
  { name: 'properties', type: 'String' },
  { name: 'source', type: 'LowCardinality(String)' },
] as const;

const TOUCH_COLUMNS = [
  { name: 'batch_id', type: 'UUID' },
  { name: 'store_id', type: 'LowCardinality(String)' },
  { name: 'visitor_hash', type: 'UInt64' },
  { name: 'neighbors', type: 'Array(UInt64)' },
] as const;

const ledgerQuery = defineQuery({
  name: 'test.ledger',
  sql: `SELECT * EXCEPT (version, definition_version, store_id, is_deleted) FROM ledger_rows FINAL
    WHERE store_id = {store_id:String} ORDER BY kind, node, key`,
  params: z.object({ store_id: z.string() }),
  row: z.looseObject({ node: z.string(), kind: z.string(), day: z.string(), key: z.string() }),
});
type StoredRow = z.output<typeof ledgerQuery.row>;

const keysQuery = defineQuery({
  name: 'test.keys',
  sql: 'SELECT node, kind, day, key, digest FROM ledger_keys FINAL WHERE store_id = {store_id:String}',
  params: z.object({ store_id: z.string() }),
  row: z.object({ node: z.string(), kind: z.string(), day: z.string(), key: z.string(), digest: z.string() }),
});
type StoredKey = z.output<typeof keysQuery.row>;

const dirtyQuery = defineQuery({
  name: 'test.dirty_days',
  sql: 'SELECT count() AS days FROM dirty_days FINAL WHERE dirty',
  params: z.object({}),
  row: z.object({ days: integer }),
});

export type World = {
  clickhouse: ClickHouse;
  control: Control;
  createStore(store_id: string, definition?: Partial<Omit<Definition, 'version'>>): Promise<Store>;
  /** Events and touches of one ingest batch; answers its id. */
  deliver(deliveries: readonly Delivery[]): Promise<string>;
  /** What is visible when ingest is killed between its two inserts. */
  insertEvents(deliveries: readonly Delivery[]): Promise<void>;
  /** Says that everything is taken in up to then. */
  takenIn(upTo: number): Promise<void>;
  aggregator(
    config?: Partial<AggregatorConfig>,
    using?: Partial<{ clickhouse: ClickHouse; control: Control }>,
  ): Aggregator;
  ledger(store_id: string): Promise<StoredRow[]>;
  keys(store_id: string): Promise<StoredKey[]>;
  /** How many rollups are behind their ledgers. */
  dirtyDays(): Promise<number>;
  now: () => number;
  /** All that the table has, at once. */
  merge(table: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** `through`: what stands between everybody and ClickHouse, once its tables are made. */
export const createWorld = async (
  clickhouseUrl: string,
  now: () => number,
  through: (clickhouse: ClickHouse) => ClickHouse = (clickhouse) => clickhouse,
): Promise<World> => {
  const database = `aggregator_${randomUUID().replaceAll('-', '')}`;
  await using stack = new AsyncDisposableStack();
  const direct = stack.use(createClickHouse({ url: clickhouseUrl, database }));
  await direct.ensureDatabase();
  stack.defer(async () => {
    await direct.command(`DROP DATABASE IF EXISTS ${database}_analytics`);
    await direct.command(`DROP DATABASE IF EXISTS ${database}`);
  });
  await migrate(direct, MIGRATIONS, { analyticsDatabase: `${database}_analytics` });
  const clickhouse = through(direct);
  const control = stack.use(createControl({ dialect: 'sqlite', path: ':memory:' }, { now }));
  await control.migrate();
  const hasher = await createHasher();
  const logger = createLogger({ component: 'test', level: 'silent' });

  const eventRow = (d: Delivery) => ({
    store_id: d.store_id,
    visitor_hash: hasher.visitorNode(d.visitor_id),
    event_hash: hasher.xxh64(d.event_id),
    version: ((LARGEST - BigInt(d.received_at)) << 64n) | (LARGEST - d.payload_hash),
    event_id: d.event_id,
    type: d.type,
    event_time: eventTime(d),
    occurred_at: d.occurred_at,
    received_at: d.received_at,
    payload_hash: d.payload_hash,
    visitor_id: d.visitor_id,
    session_id: d.session_id ?? '',
    customer_id: d.customer_id ?? '',
    cart_id: d.cart_id ?? '',
    order_id: d.order_id ?? '',
    refund_id: d.refund_id ?? '',
    kind: d.kind ?? '',
    revision: d.revision ?? 0,
    test: d.test ?? false,
    channel: d.channel ?? '',
    checkout_step: d.checkout_step ?? '',
    currency: d.currency ?? '',
    has_items: d.items !== undefined,
    cart_snapshot: d.cart_snapshot ?? false,
    'items.product_id': (d.items ?? []).map((item) => item.product_id),
    'items.variant_id': (d.items ?? []).map((item) => item.variant_id ?? ''),
    'items.name': (d.items ?? []).map((item) => item.name ?? ''),
    'items.category': (d.items ?? []).map((item) => item.category ?? ''),
    'items.quantity': (d.items ?? []).map((item) => item.quantity),
    'items.unit_price': (d.items ?? []).map((item) => item.unit_price ?? null),
    amount_items: d.amounts?.items ?? null,
    amount_discount: d.amounts?.discount ?? null,
    amount_tax: d.amounts?.tax ?? null,
    amount_shipping: d.amounts?.shipping ?? null,
    amount_total: d.amounts?.total ?? null,
    friction_code: d.friction?.code ?? '',
    page: json(d.page),
    campaign: json(d.campaign),
    device: json(d.device),
    properties: json(d.properties),
    source: d.source ?? 'server',
  });

  const insertEvents = (deliveries: readonly Delivery[]): Promise<void> =>
    clickhouse.insertNative('events', EVENT_COLUMNS, deliveries.map(eventRow));

  const owned = stack.move();
  return {
    clickhouse,
    control,
    now,
    createStore: (store_id, definition) => control.stores.create(store_id, definition),
    deliver: async (deliveries) => {
      const batch_id = randomUUID();
      await insertEvents(deliveries);
      await clickhouse.insertNative(
        'touches',
        TOUCH_COLUMNS,
        deliveries.map((d) => ({
          batch_id,
          store_id: d.store_id,
          visitor_hash: hasher.visitorNode(d.visitor_id),
          neighbors: [
            ...(d.cart_id === undefined ? [] : [hasher.cartNode(d.cart_id)]),
            ...(d.order_id === undefined ? [] : [hasher.orderNode(d.order_id)]),
          ],
        })),
      );
      return batch_id;
    },
    insertEvents,
    takenIn: (upTo) => control.positions.report([{ topic: TOPIC, partition: 0, position: 0n, taken_in_up_to: upTo }]),
    aggregator: (config = {}, replaced = {}) =>
      createAggregator(
        { clickhouse, control, logger, metrics: createMetrics(), now, ...replaced },
        { rollupEveryMs: 0, rollupMs: 60_000, ...config },
      ),
    ledger: (store_id) => clickhouse.query(ledgerQuery, { store_id }),
    keys: (store_id) => clickhouse.query(keysQuery, { store_id }),
    dirtyDays: async () => (await clickhouse.query(dirtyQuery, {}))[0]?.days ?? 0,
    merge: (table) => direct.command(`OPTIMIZE TABLE ${table} FINAL`),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};
