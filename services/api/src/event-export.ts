import { bigInteger, type ClickHouse, defineQuery, integer } from '@cartledger/clickhouse';
import {
  type Amounts,
  BUILT_IN_TYPES,
  CHECKOUT_STEPS,
  type Delivery,
  type Item,
  REFUND_KINDS,
  SOURCES,
} from '@cartledger/events';
import { z } from 'zod';

const bool = z.union([z.boolean(), z.literal([0, 1]).transform((v) => v === 1)]);
/** Empty when not sent. */
const text = z.string().transform((value) => (value === '' ? undefined : value));
const oneOf = <const T extends readonly string[]>(values: T) =>
  z.union([z.enum(values), z.literal('').transform(() => undefined)]);
const amount = integer.nullable().transform((value) => value ?? undefined);
const json = z.string().transform((value): unknown => (value === '' ? undefined : JSON.parse(value)));
const texts = (...names: string[]) =>
  json.pipe(z.object(Object.fromEntries(names.map((n) => [n, z.string().optional()]))).optional());

const row = z.object({
  store_id: z.string(),
  event_id: z.string(),
  type: z.union([z.enum(BUILT_IN_TYPES), z.templateLiteral(['custom:', z.string()])]),
  occurred_at: integer,
  sent_at: amount,
  received_at: integer,
  payload_hash: bigInteger,
  visitor_id: z.string(),
  session_id: text,
  customer_id: text,
  cart_id: text,
  order_id: text,
  refund_id: text,
  kind: oneOf(REFUND_KINDS),
  revision: integer,
  test: bool,
  channel: text,
  checkout_step: oneOf(CHECKOUT_STEPS),
  currency: text,
  has_items: bool,
  cart_snapshot: bool,
  product_ids: z.array(z.string()),
  variant_ids: z.array(text),
  names: z.array(text),
  categories: z.array(text),
  quantities: z.array(integer),
  unit_prices: z.array(amount),
  amount_items: amount,
  amount_discount: amount,
  amount_tax: amount,
  amount_shipping: amount,
  amount_total: amount,
  friction_code: text,
  friction_message: text,
  page: texts('url', 'path', 'title', 'referrer'),
  campaign: texts('source', 'medium', 'name', 'term', 'content'),
  device: texts('type', 'os', 'browser', 'user_agent', 'country'),
  consent: json.pipe(z.object({ analytics: z.boolean().optional(), marketing: z.boolean().optional() }).optional()),
  source: oneOf(SOURCES),
  properties: json.pipe(z.record(z.string(), z.unknown()).optional()),
});
type Row = z.output<typeof row>;

// In the order of the table's key, so that it is read as it lies and a visitor's events come together.
const keptEvents = defineQuery({
  name: 'kept_events',
  sql: `
    SELECT
      store_id, event_id, type,
      toUnixTimestamp64Milli(events.occurred_at) AS occurred_at,
      toUnixTimestamp64Milli(events.sent_at) AS sent_at,
      toUnixTimestamp64Milli(events.received_at) AS received_at,
      payload_hash, visitor_id, session_id, customer_id, cart_id, order_id, refund_id, kind, revision, test, channel,
      checkout_step, currency, has_items, cart_snapshot,
      items.product_id AS product_ids, items.variant_id AS variant_ids, items.name AS names,
      items.category AS categories, items.quantity AS quantities, items.unit_price AS unit_prices,
      amount_items, amount_discount, amount_tax, amount_shipping, amount_total,
      friction_code, friction_message, page, campaign, device, consent, source, properties
    FROM events FINAL
    WHERE store_id = {store_id:String}
    ORDER BY store_id, visitor_hash, event_hash`,
  params: z.object({ store_id: z.string() }),
  row,
});

const itemsOf = (r: Row): Item[] =>
  r.product_ids.map((product_id, i) =>
    present({
      product_id,
      variant_id: r.variant_ids[i],
      name: r.names[i],
      category: r.categories[i],
      quantity: r.quantities[i] ?? 0,
      unit_price: r.unit_prices[i],
    }),
  );

const amountsOf = (r: Row): Amounts | undefined => {
  const amounts: Amounts = present({
    items: r.amount_items,
    discount: r.amount_discount,
    tax: r.amount_tax,
    shipping: r.amount_shipping,
    total: r.amount_total,
  });
  return Object.keys(amounts).length === 0 ? undefined : amounts;
};

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Without the fields that are undefined: JSON has no such thing, and the types of events neither. */
const present = <T extends object>(value: T): Present<T> => {
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries) as Present<T>;
};

/** The delivery that the row keeps. What was sent as it is by default (revision 0, test false) is left out. */
const deliveryOf = (r: Row): Delivery =>
  present({
    event_id: r.event_id,
    store_id: r.store_id,
    type: r.type,
    occurred_at: r.occurred_at,
    sent_at: r.sent_at,
    received_at: r.received_at,
    payload_hash: r.payload_hash,
    visitor_id: r.visitor_id,
    session_id: r.session_id,
    customer_id: r.customer_id,
    cart_id: r.cart_id,
    order_id: r.order_id,
    refund_id: r.refund_id,
    kind: r.kind,
    revision: r.revision || undefined,
    test: r.test || undefined,
    channel: r.channel,
    checkout_step: r.checkout_step,
    currency: r.currency,
    items: r.has_items ? itemsOf(r) : undefined,
    cart_snapshot: r.cart_snapshot || undefined,
    amounts: amountsOf(r),
    friction:
      r.friction_code === undefined ? undefined : present({ code: r.friction_code, message: r.friction_message }),
    page: r.page && present(r.page),
    campaign: r.campaign && present(r.campaign),
    device: r.device && present(r.device),
    consent: r.consent && present(r.consent),
    source: r.source,
    properties: r.properties,
  });

/** The kept delivery of every event of a store, a visitor's together. */
export type EventExport = (store_id: string) => AsyncIterable<Delivery>;

export const createEventExport = ({ clickhouse }: { clickhouse: Pick<ClickHouse, 'stream'> }): EventExport =>
  async function* (store_id) {
    for await (const kept of clickhouse.stream(keptEvents, { store_id })) yield deliveryOf(kept);
  };
