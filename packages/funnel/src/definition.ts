/** What a store decides about its numbers. The words are docs/definitions.md's. */
import type { CheckoutStep, EventType } from '@cartledger/events';

export const FUNNEL_UNITS = ['visitor', 'session', 'cart'] as const;
export type FunnelUnit = (typeof FUNNEL_UNITS)[number];
export const FUNNEL_MODES = ['ordered', 'strict', 'any', 'open'] as const;
export type FunnelMode = (typeof FUNNEL_MODES)[number];

/** The day a refund counts on: its own, or that of its order (of an order that is not known: its own). */
export const REFUNDS_ON = ['refund', 'order'] as const;
export type RefundsOn = (typeof REFUNDS_ON)[number];

/** One funnel over the store's stages. */
export type Funnel = { unit: FunnelUnit; mode: FunnelMode; window_ms: number };

/**
 * A test of one of an event's own `properties` (top-level key). Nothing is coerced: a number never equals a string,
 * and what is not there passes only `exists: false`.
 */
export type PropertyTest =
  | { property: string; exists: boolean }
  | { property: string; equals: string | number }
  | { property: string; in: readonly string[] }
  | { property: string; prefix: string }
  | { property: string; less_than: number }
  | { property: string; greater_than: number };

/** Which events a stage of the store's own naming matches: all tests must pass. Never purchases: orders are that stage. */
export type StagePredicate = {
  type: Exclude<EventType, 'purchase'>;
  checkout_step?: CheckoutStep;
  properties: readonly PropertyTest[];
};

export type BotRules = {
  /** Leave bots out of every report. */
  exclude: boolean;
  /** A visitor who opens more carts than this on one local day, and never ordered, is a bot. */
  max_carts_per_day: number;
};

export type Definition = {
  version: number;
  /** IANA zone; days are its wall dates. */
  time_zone: string;
  /** Reporting currency, ISO 4217. */
  currency: string;
  /** Event types, `checkout.contact` and the like for a step, or names in `stage_predicates`; `purchase` matches orders. At most 20. */
  stages: readonly string[];
  /** Stages of the store's own naming. */
  stage_predicates: Readonly<Record<string, StagePredicate>>;
  /** Target of `conversion_from_first`, by stage: 0 to 1, at most six decimals. */
  targets: Readonly<Record<string, number>>;
  /** Properties that funnels may be broken down by. At most 10. */
  breakdown_properties: readonly string[];
  bots: BotRules;
  /** Whose rates convert totals into `currency`; '' for no converted totals. */
  fx_source: string;
  /** The first is the store's default funnel. */
  funnels: readonly Funnel[];
  idle_ms: number;
  abandon_ms: number;
  recovery_ms: number;
  tie_tolerance_ms: number;
  /** Events older than this many days are rejected unless imported. */
  max_age_days: number;
  /** What was last heard of longer ago is removed (docs/retention.md); null: kept for ever. Longer than max_age_days. */
  retention_days: number | null;
};

/**
 * One version in force. What describes a unit (stages, stage_predicates, funnels; idle_ms, abandon_ms, recovery_ms;
 * breakdown_properties) is that of the day of the unit's beginning; all else (time_zone, currency, tie_tolerance_ms,
 * max_age_days, retention_days, targets, bots, fx_source) is the newest version's for all history.
 */
export type DefinitionVersion = {
  /** In force from this local day on; null: for all history. */
  from: string | null;
  definition: Definition;
};

/** The version in force on a local day: the highest that has begun by then, else the lowest there is. Versions must not be empty. */
export const versionInForce = (versions: readonly DefinitionVersion[], day: string): Definition => {
  let best: Definition | null = null;
  for (const { from, definition } of versions)
    if ((from === null || from <= day) && (best === null || definition.version > best.version)) best = definition;
  const [first] = versions;
  if (best) return best;
  if (!first) throw new TypeError('a store has at least one version of its definition');
  return versions.reduce(
    (low, { definition }) => (definition.version < low.version ? definition : low),
    first.definition,
  );
};

/** The versions that are in force on some day, by the day from which each is: earlier ones that none counts by are left out. */
export const stretchesInForce = (versions: readonly DefinitionVersion[]): DefinitionVersion[] => {
  const begins = [...new Set(versions.flatMap(({ from }) => from ?? []))].sort((a, b) => (a < b ? -1 : 1));
  const stretches: DefinitionVersion[] = [];
  for (const from of [null, ...begins]) {
    const definition = versionInForce(versions, from ?? '');
    if (stretches.at(-1)?.definition.version !== definition.version) stretches.push({ from, definition });
  }
  return stretches;
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
  stage_predicates: {},
  targets: {},
  breakdown_properties: [],
  bots: { exclude: true, max_carts_per_day: 500 },
  fx_source: '',
  funnels: [
    { unit: 'visitor', mode: 'ordered', window_ms: 7 * DAY_MS },
    { unit: 'session', mode: 'ordered', window_ms: 7 * DAY_MS },
  ],
  idle_ms: 30 * MINUTE_MS,
  abandon_ms: HOUR_MS,
  recovery_ms: 7 * DAY_MS,
  tie_tolerance_ms: 2_000,
  max_age_days: 400,
  retention_days: null,
};

/** The key under which a funnel's journeys are kept: `visitor/ordered/604800000`. */
export const funnelKey = (f: Funnel): string => `${f.unit}/${f.mode}/${f.window_ms}`;

/** A name for each stage of a funnel, whatever else is called so: the second `purchase` is `purchase#2`. */
export const stageNames = (stages: readonly string[]): string[] =>
  stages.map((stage, i) => {
    const nth = stages.slice(0, i + 1).filter((other) => other === stage).length;
    return nth === 1 ? stage : `${stage}#${nth}`;
  });

/** The stages a funnel counts, bit 0 for the first: a cart has no visits and product views. */
export const stagesOf = ({ stages }: Pick<Definition, 'stages'>, { unit }: Pick<Funnel, 'unit'>): readonly string[] =>
  unit === 'cart' ? stages.filter((stage) => stage !== 'visit' && stage !== 'product_view') : stages;

/** What a funnel may be broken down by, besides `property:NAME` of the store's allow-list. */
export const BREAKDOWNS = ['source', 'campaign', 'device', 'country', 'visitor', 'product', 'category'] as const;
export type Breakdown = (typeof BREAKDOWNS)[number] | `property:${string}`;

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
