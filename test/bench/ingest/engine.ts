/** ClickHouse's own Kafka engine: the topic into the same table `events`, with the rows that the worker would write. */
import type { ClickHouse } from '@cartledger/clickhouse';

export const ENGINE_CONSUMERS = 2;

/** What it does less than the worker; all of it makes it faster. */
export const ENGINE_NOTES = [
  'The engine is at-least-once and validates nothing: no dead letters, no ages, no unknown stores, no junk ids, no check of the topic’s id.',
  'It writes events only: no touches, no counts of deliveries.',
  'JSONEachRow does not show the record: the hash of the id stands in for payload_hash (and in version), which is cheaper; has_items is “not empty”.',
  'received_at is the record’s timestamp, so it need not look into headers.',
  'kafka_thread_per_consumer = 1, without which kafka_num_consumers does nothing; kafka_poll_timeout_ms = 50, so that its last block waits no longer for company (half a second) than a batch of the worker.',
];

type EngineOptions = { brokers: string; topic: string; group: string; topicEpoch: string; block: number };

/** All are values of the bench's own. */
const literal = (value: string): string => {
  if (!/^[\w.:-]*$/.test(value)) throw new Error(`not a plain value: ${value}`);
  return `'${value}'`;
};

const sourceTable = ({ brokers, topic, group, block }: EngineOptions): string => `
CREATE TABLE kafka_events (
  event_id String, store_id LowCardinality(String), type LowCardinality(String),
  occurred_at Int64, sent_at Nullable(Int64),
  visitor_id String, session_id String, customer_id String, cart_id String, order_id String, refund_id String,
  kind LowCardinality(String), revision UInt32, test Bool, channel LowCardinality(String),
  checkout_step LowCardinality(String), currency LowCardinality(String),
  items Array(Tuple(product_id String, variant_id String, name String, category String, quantity UInt32, unit_price Nullable(Int64))),
  cart_snapshot Bool,
  amounts Tuple(items Nullable(Int64), discount Nullable(Int64), tax Nullable(Int64), shipping Nullable(Int64), total Nullable(Int64)),
  friction Tuple(code String, message String),
  page String, campaign String, device String, consent String, source LowCardinality(String), properties String
) ENGINE = Kafka
SETTINGS kafka_broker_list = ${literal(brokers)}, kafka_topic_list = ${literal(topic)}, kafka_group_name = ${literal(group)},
  kafka_format = 'JSONEachRow', kafka_num_consumers = ${ENGINE_CONSUMERS}, kafka_thread_per_consumer = 1,
  kafka_max_block_size = ${block}, kafka_poll_max_batch_size = ${block}, kafka_flush_interval_ms = 7500,
  kafka_poll_timeout_ms = 50`;

// bitNot, for a difference of UInt64 would be signed. Aliases hide columns of the same name: those meant are qualified.
const view = ({ topicEpoch }: EngineOptions): string => `
CREATE MATERIALIZED VIEW kafka_events_to_events TO events AS
WITH
  toUnixTimestamp64Milli(assumeNotNull(_timestamp_ms)) AS received,
  xxHash64(event_id) AS id_hash,
  if(isNull(kafka_events.sent_at) OR abs(received - kafka_events.sent_at) <= 2000, kafka_events.occurred_at, kafka_events.occurred_at + (received - assumeNotNull(kafka_events.sent_at))) AS corrected
SELECT
  store_id,
  xxHash64(concat('v:', visitor_id)) AS visitor_hash,
  id_hash AS event_hash,
  bitOr(bitShiftLeft(toUInt128(bitNot(toUInt64(received))), 64), toUInt128(bitNot(id_hash))) AS version,
  event_id,
  type,
  fromUnixTimestamp64Milli(least(corrected, received), 'UTC') AS event_time,
  fromUnixTimestamp64Milli(kafka_events.occurred_at, 'UTC') AS occurred_at,
  fromUnixTimestamp64Milli(kafka_events.sent_at, 'UTC') AS sent_at,
  fromUnixTimestamp64Milli(received, 'UTC') AS received_at,
  id_hash AS payload_hash,
  visitor_id, session_id, customer_id, cart_id, order_id, refund_id,
  kind, revision, test, channel, checkout_step, currency,
  notEmpty(kafka_events.items) AS has_items,
  cart_snapshot,
  tupleElement(kafka_events.items, 'product_id') AS \`items.product_id\`,
  tupleElement(kafka_events.items, 'variant_id') AS \`items.variant_id\`,
  tupleElement(kafka_events.items, 'name') AS \`items.name\`,
  tupleElement(kafka_events.items, 'category') AS \`items.category\`,
  tupleElement(kafka_events.items, 'quantity') AS \`items.quantity\`,
  tupleElement(kafka_events.items, 'unit_price') AS \`items.unit_price\`,
  tupleElement(amounts, 'items') AS amount_items,
  tupleElement(amounts, 'discount') AS amount_discount,
  tupleElement(amounts, 'tax') AS amount_tax,
  tupleElement(amounts, 'shipping') AS amount_shipping,
  tupleElement(amounts, 'total') AS amount_total,
  tupleElement(friction, 'code') AS friction_code,
  tupleElement(friction, 'message') AS friction_message,
  page, campaign, device, consent,
  if(empty(kafka_events.source), 'server', kafka_events.source) AS source,
  properties,
  ${literal(topicEpoch)} AS log_epoch,
  toUInt32(_partition) AS log_partition,
  _offset AS log_offset
FROM kafka_events`;

/** Reads from the time it resolves until it is disposed of. */
export const startEngine = async (clickhouse: ClickHouse, options: EngineOptions): Promise<AsyncDisposable> => {
  await clickhouse.command(sourceTable(options));
  await clickhouse.command(view(options));
  return { [Symbol.asyncDispose]: () => dropEngine(clickhouse) };
};

/** Also one that a killed bench has left in a directory that is kept: it would read, and be measured, for ever. */
export const dropEngine = async (clickhouse: ClickHouse): Promise<void> => {
  await clickhouse.command('DROP TABLE IF EXISTS kafka_events_to_events SYNC');
  await clickhouse.command('DROP TABLE IF EXISTS kafka_events SYNC');
};
