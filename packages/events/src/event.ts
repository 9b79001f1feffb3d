/**
 * The canonical event as the rest of Cartledger handles it: parsed, with times in ms UTC and junk ids gone.
 * Field names are those of the wire (snake_case), the same in JSON and in ClickHouse.
 */

export const BUILT_IN_TYPES = [
  'visit',
  'product_view',
  'add_to_cart',
  'remove_from_cart',
  'cart_view',
  'checkout',
  'purchase',
  'refund',
  'friction',
] as const;
export type BuiltInType = (typeof BUILT_IN_TYPES)[number];
export type EventType = BuiltInType | `custom:${string}`;

export const CHECKOUT_STEPS = ['start', 'contact', 'shipping', 'payment'] as const;
export type CheckoutStep = (typeof CHECKOUT_STEPS)[number];

export const SOURCES = ['browser', 'server', 'webhook', 'import'] as const;
export type Source = (typeof SOURCES)[number];

export const REFUND_KINDS = ['refund', 'cancelled', 'chargeback'] as const;
export type RefundKind = (typeof REFUND_KINDS)[number];

/** Names in the order in which the parser reads them and in which they are written again. */
export const PAGE_FIELDS = ['url', 'path', 'title', 'referrer'] as const;
export const CAMPAIGN_FIELDS = ['source', 'medium', 'name', 'term', 'content'] as const;
export const DEVICE_FIELDS = ['type', 'os', 'browser', 'user_agent', 'country'] as const;
export const CONSENT_FIELDS = ['analytics', 'marketing'] as const;
export const AMOUNT_FIELDS = ['items', 'discount', 'tax', 'shipping', 'total'] as const;

/** One line of an event. `unit_price` is in minor units of the event's currency. */
export type Item = {
  product_id: string;
  variant_id?: string;
  name?: string;
  category?: string;
  quantity: number;
  unit_price?: number;
};

/** Whole numbers of the currency's minor unit. */
export type Amounts = {
  items?: number;
  discount?: number;
  tax?: number;
  shipping?: number;
  total?: number;
};

export type StoreEvent = {
  event_id: string;
  store_id: string;
  type: EventType;
  /** The client's own time, ms UTC. */
  occurred_at: number;
  /** The client's clock at this attempt, ms UTC. */
  sent_at?: number;
  visitor_id: string;
  session_id?: string;
  customer_id?: string;
  cart_id?: string;
  order_id?: string;
  refund_id?: string;
  kind?: RefundKind;
  revision?: number;
  test?: boolean;
  channel?: string;
  checkout_step?: CheckoutStep;
  currency?: string;
  items?: Item[];
  cart_snapshot?: boolean;
  amounts?: Amounts;
  friction?: { code: string; message?: string };
  page?: { url?: string; path?: string; title?: string; referrer?: string };
  campaign?: { source?: string; medium?: string; name?: string; term?: string; content?: string };
  device?: { type?: string; os?: string; browser?: string; user_agent?: string; country?: string };
  consent?: { analytics?: boolean; marketing?: boolean };
  /** Absent means `server`. */
  source?: Source;
  properties?: Record<string, unknown>;
};

/** One delivery of an event: what arrived, when, and a hash of its payload that breaks ties of `received_at`. */
export type Delivery = StoreEvent & {
  /** ms UTC: stamped by the collector, else the log record's timestamp. */
  received_at: number;
  /** xxHash64 of the payload; the smaller wins a tie. */
  payload_hash: bigint;
};
