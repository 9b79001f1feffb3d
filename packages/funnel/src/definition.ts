/** What a store decides about its numbers. The words are numbers.md's (docs/definitions.md). */

export const FUNNEL_UNITS = ['visitor', 'session', 'cart'] as const;
export type FunnelUnit = (typeof FUNNEL_UNITS)[number];
export const FUNNEL_MODES = ['ordered', 'strict', 'any', 'open'] as const;
export type FunnelMode = (typeof FUNNEL_MODES)[number];

/** One funnel over the store's stages. */
export type Funnel = { unit: FunnelUnit; mode: FunnelMode; window_ms: number };

export type Definition = {
  version: number;
  /** IANA zone; days are its wall dates. */
  time_zone: string;
  /** Reporting currency, ISO 4217. */
  currency: string;
  /** Event types, or `checkout.contact` and the like for a step; `purchase` matches orders. At most 20. */
  stages: readonly string[];
  /** The first is the store's default funnel. */
  funnels: readonly Funnel[];
  idle_ms: number;
  abandon_ms: number;
  recovery_ms: number;
  tie_tolerance_ms: number;
  /** Events older than this many days are rejected unless imported. */
  max_age_days: number;
};

export const DEFAULT_STAGES = ['visit', 'product_view', 'add_to_cart', 'checkout', 'purchase'] as const;

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

export const DEFAULT_DEFINITION: Definition = {
  version: 1,
  time_zone: 'UTC',
  currency: 'EUR',
  stages: DEFAULT_STAGES,
  funnels: [
    { unit: 'visitor', mode: 'ordered', window_ms: 7 * DAY_MS },
    { unit: 'session', mode: 'ordered', window_ms: 7 * DAY_MS },
  ],
  idle_ms: 30 * MINUTE_MS,
  abandon_ms: HOUR_MS,
  recovery_ms: 7 * DAY_MS,
  tie_tolerance_ms: 2_000,
  max_age_days: 400,
};

/** The key under which a funnel's journeys are kept: `visitor/ordered/604800000`. */
export const funnelKey = (f: Funnel): string => `${f.unit}/${f.mode}/${f.window_ms}`;

/** The stages a funnel counts, bit 0 for the first: a cart has no visits and product views. */
export const stagesOf = ({ stages }: Pick<Definition, 'stages'>, { unit }: Pick<Funnel, 'unit'>): readonly string[] =>
  unit === 'cart' ? stages.filter((stage) => stage !== 'visit' && stage !== 'product_view') : stages;

/** The abandonment points, from first to furthest. */
export const POINTS = ['cart', 'checkout.start', 'checkout.contact', 'checkout.shipping', 'checkout.payment'] as const;
export type Point = (typeof POINTS)[number];

export const WITHOUT_CART_REASONS = [
  'no_add_seen',
  'no_common_product',
  'cart_already_bought',
  'other_channel',
  'cart_excluded',
] as const;
export type WithoutCartReason = (typeof WITHOUT_CART_REASONS)[number];

/** The revenue bridge, line by line; its sums `gross_sales`, `order_total` and `net` stand between. */
export const BRIDGE_LINES = [
  'joined_carts',
  'added_at_checkout',
  'dropped_at_checkout',
  'price_and_quantity_changes',
  'unexplained_items',
  'currency_change',
  'orders_without_cart.no_add_seen',
  'orders_without_cart.no_common_product',
  'orders_without_cart.cart_already_bought',
  'orders_without_cart.other_channel',
  'orders_without_cart.cart_excluded',
  'gross_sales',
  'discounts',
  'tax',
  'shipping',
  'unexplained',
  'order_total',
  'refunds',
  'net',
] as const;
export type BridgeLine = (typeof BRIDGE_LINES)[number];
