import type { RowOf } from '@cartledger/clickhouse';
import { type EventType, eventTime, type Hasher } from '@cartledger/events';
import type { Accepted } from './take-in.ts';

/** The columns of table `events`, as a block carries them. */
export const EVENT_COLUMNS = [
  { name: 'store_id', type: 'LowCardinality(String)' },
  { name: 'visitor_hash', type: 'UInt64' },
  { name: 'event_hash', type: 'UInt64' },
  { name: 'version', type: 'UInt128' },
  { name: 'event_id', type: 'String' },
  { name: 'type', type: 'LowCardinality(String)' },
  { name: 'event_time', type: "DateTime64(3, 'UTC')" },
  { name: 'occurred_at', type: "DateTime64(3, 'UTC')" },
  { name: 'sent_at', type: "Nullable(DateTime64(3, 'UTC'))" },
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
  { name: 'friction_message', type: 'String' },
  { name: 'page', type: 'String' },
  { name: 'campaign', type: 'String' },
  { name: 'device', type: 'String' },
  { name: 'consent', type: 'String' },
  { name: 'source', type: 'LowCardinality(String)' },
  { name: 'properties', type: 'String' },
  { name: 'log_epoch', type: 'LowCardinality(String)' },
  { name: 'log_partition', type: 'UInt32' },
  { name: 'log_offset', type: 'UInt64' },
] as const;

export type EventRow = RowOf<typeof EVENT_COLUMNS>;

const LARGEST_UINT64 = 2n ** 64n - 1n;

/** The larger is the kept delivery: the earlier received_at, then the smaller hash of the payload. */
export const eventVersion = (received_at: number, payload_hash: bigint): bigint =>
  ((LARGEST_UINT64 - BigInt(received_at)) << 64n) | (LARGEST_UINT64 - payload_hash);

const json = (value: object | undefined): string => (value === undefined ? '' : JSON.stringify(value));

const NO_ITEMS: readonly never[] = [];

/** An accepted event as a row: a function of the record alone, so that a repeated batch writes the same rows. */
export const toEventRow = (
  { record, event, receipt }: Accepted,
  { hasher, topicEpoch }: { hasher: Hasher; topicEpoch: string },
): EventRow => {
  const { received_at } = receipt;
  const payload_hash = hasher.xxh64(record.value ?? '');
  const items = event.items ?? NO_ITEMS;
  const amounts = event.amounts;
  const type: EventType = event.type;
  return {
    store_id: event.store_id,
    visitor_hash: hasher.visitorNode(event.visitor_id),
    event_hash: hasher.xxh64(event.event_id),
    version: eventVersion(received_at, payload_hash),
    event_id: event.event_id,
    type,
    event_time: eventTime({ occurred_at: event.occurred_at, sent_at: event.sent_at, received_at }),
    occurred_at: event.occurred_at,
    sent_at: event.sent_at ?? null,
    received_at,
    payload_hash,
    visitor_id: event.visitor_id,
    session_id: event.session_id ?? '',
    customer_id: event.customer_id ?? '',
    cart_id: event.cart_id ?? '',
    order_id: event.order_id ?? '',
    refund_id: event.refund_id ?? '',
    kind: event.kind ?? '',
    revision: event.revision ?? 0,
    test: event.test ?? false,
    channel: event.channel ?? '',
    checkout_step: event.checkout_step ?? '',
    currency: event.currency ?? '',
    has_items: event.items !== undefined,
    cart_snapshot: event.cart_snapshot ?? false,
    'items.product_id': items.map((item) => item.product_id),
    'items.variant_id': items.map((item) => item.variant_id ?? ''),
    'items.name': items.map((item) => item.name ?? ''),
    'items.category': items.map((item) => item.category ?? ''),
    'items.quantity': items.map((item) => item.quantity),
    'items.unit_price': items.map((item) => item.unit_price ?? null),
    amount_items: amounts?.items ?? null,
    amount_discount: amounts?.discount ?? null,
    amount_tax: amounts?.tax ?? null,
    amount_shipping: amounts?.shipping ?? null,
    amount_total: amounts?.total ?? null,
    friction_code: event.friction?.code ?? '',
    friction_message: event.friction?.message ?? '',
    page: json(event.page),
    campaign: json(event.campaign),
    device: json(event.device),
    consent: json(event.consent),
    source: event.source ?? 'server',
    properties: json(event.properties),
    log_epoch: topicEpoch,
    log_partition: record.partition,
    log_offset: record.offset,
  };
};
