/**
 * The three reports, as the API and the CLI answer them. Amounts are whole minor units and may pass 2^53, so
 * they are bigints here and plain integers in JSON. Rates are decimals of six places, null where the
 * denominator is zero.
 */
import type { Breakdown, BridgeLine, FunnelMode, FunnelUnit, Point, WithoutCartReason } from './definition.ts';

export type MoneyByCurrency = Record<string, bigint>;

export type ReportHead = {
  store_id: string;
  /** Local days, both inclusive, `YYYY-MM-DD`. */
  from: string;
  to: string;
  timezone: string;
  /** RFC 3339 UTC: the log has been taken in up to here. */
  as_of: string;
  /** The first local day of the period whose figures may still move by time alone; null when all are closed. */
  open_from: string | null;
  definition_versions: number[];
  warnings: { code: string; message: string }[];
};

export type FunnelStage = {
  stage: string;
  units: number;
  units_any: number;
  conversion_from_first: number | null;
  conversion_from_previous: number | null;
  dropped: number;
  median_ms_to_next: number | null;
  p90_ms_to_next: number | null;
};

export type FunnelReport = ReportHead & {
  report: 'funnel';
  unit: FunnelUnit;
  mode: FunnelMode;
  window_ms: number;
  stages: FunnelStage[];
  /** Only when asked for. */
  breakdown?: FunnelBreakdown;
};

/** The value of units whose chain's start says none, and of all beyond the values listed. */
export const NO_VALUE = '(none)';
export const OTHER_VALUES = 'other';
/** How many values a breakdown lists when it is not told. */
export const DEFAULT_BREAKDOWN_VALUES = 10;

export type FunnelBreakdown = {
  by: Breakdown;
  /** A unit may stand under several values (product, category): rows do not add up to the funnel. */
  overlapping: boolean;
  /** By units at the first stage, largest first, then by value; NO_VALUE among them; OTHER_VALUES, when there are more, last. */
  values: { value: string; stages: FunnelStage[] }[];
};

export type AbandonmentRates = {
  abandonment_rate: number | null;
  recovery_rate: number | null;
  not_bought_rate: number | null;
};

export type CartCounts = {
  created: number;
  active: number;
  idle: number;
  abandoned: number;
  lost: number;
  emptied: number;
  purchased: number;
  recovered: number;
  recovered_late: number;
  revived: number;
};

export type AbandonmentBody = AbandonmentRates & {
  carts: CartCounts;
  checkout: AbandonmentRates;
  points: { stage: Point; carts: number; value: MoneyByCurrency }[];
  reasons: { code: string; carts: number; value: MoneyByCurrency }[];
  products: {
    product_id: string;
    name: string | null;
    carts: number;
    left: number;
    bought: number;
    value_left: MoneyByCurrency;
  }[];
};
/** What stands beside the abandonment report's counts: of carts opened in the period. */
export type AbandonmentDetails = {
  /** Over carts ever abandoned (at T): first abandonment - opened_at. Over recovered carts: ordered_at - last abandonment. */
  times: {
    median_ms_to_abandonment: number | null;
    p90_ms_to_abandonment: number | null;
    median_ms_to_recovery: number | null;
    p90_ms_to_recovery: number | null;
  };
  /** Of the carts abandoned or lost at T: those whose customer_id is known. */
  contactable: { carts: number; value: MoneyByCurrency };
  /** Of all carts: the largest value each ever had, and that less its value. */
  peak_value: MoneyByCurrency;
  removed: MoneyByCurrency;
  /** Of the carts abandoned or lost at T, by the last page and the last product of their own events ('' when none), by value then id. */
  last_pages: { page: string; carts: number; value: MoneyByCurrency }[];
  last_products: { product_id: string; carts: number; value: MoneyByCurrency }[];
};
export type AbandonmentReport = ReportHead & { report: 'abandonment' } & AbandonmentBody & Partial<AbandonmentDetails>;

export type RevenueStage = {
  stage: Point | 'purchase';
  carts: number;
  reached: bigint;
  left: bigint;
  standing: bigint;
  emptied: bigint;
  recovered: bigint;
};

export type CurrencyRevenue = {
  stages: RevenueStage[];
  carts: { value: bigint; left: bigint; standing: bigint; emptied: bigint; bought: bigint };
  orders: {
    count: number;
    without_cart: number;
    gross_sales: bigint;
    discounts: bigint;
    tax: bigint;
    shipping: bigint;
    unexplained: bigint;
    order_total: bigint;
    refunds: bigint;
    net: bigint;
    net_sales: bigint;
    average_order_value: bigint | null;
  };
  bridge: { line: BridgeLine; amount: bigint }[];
  timing: bigint;
  difference: bigint;
};
/**
 * Totals in one currency: each ledger row turned at its own day's rate (half-even), then added. null where any rate
 * is missing; `missing` names the currencies and days.
 */
export type ConvertedTotals = {
  currency: string;
  /** Whose rates. */
  source: string;
  /** First and last day of the rates used; null when no row needed one. */
  rate_days: { from: string; to: string } | null;
  missing: { currency: string; day: string }[];
  carts: { value: bigint; left: bigint; standing: bigint; emptied: bigint; bought: bigint } | null;
  orders: Pick<
    CurrencyRevenue['orders'],
    'gross_sales' | 'discounts' | 'tax' | 'shipping' | 'unexplained' | 'order_total' | 'refunds' | 'net' | 'net_sales'
  > | null;
};

export type RevenueReport = ReportHead & {
  report: 'revenue';
  currencies: Record<string, CurrencyRevenue>;
  /** null when the store names no source of rates. */
  converted?: ConvertedTotals | null;
};

/** Pipeline measures (numbers.md 7). Funnel figures are those of the store's default funnel. */
export type PipelineReport = ReportHead & {
  report: 'pipeline';
  /** Units of the default funnel with an event of any of its stages in the period. */
  leads: number;
  orders: number;
  orders_per_lead: number | null;
  stages: {
    stage: string;
    conversion_from_first: number | null;
    target: number | null;
    /** conversion - target. */
    difference: number | null;
  }[];
  /** The visitor's first event after the previous order, to the order; of the period's orders that have one. */
  sales_cycle: { orders: number; median_ms: number | null; p90_ms: number | null };
  average_order_value: Record<string, bigint | null>;
  /** Of carts opened in the period, at T. */
  standing: { carts: number; value: MoneyByCurrency };
  won: { carts: number; value: MoneyByCurrency };
  lost: { carts: number; value: MoneyByCurrency; reasons: { code: string; carts: number; value: MoneyByCurrency }[] };
  /** Abandoned, not lost. */
  stale: { carts: number; value: MoneyByCurrency };
  /** The period's orders whose customer (else visitor) had none before. */
  new_buyers: number;
  /** The stage with the largest (28-day mean conversion from the previous stage - current) x units at the previous stage, from 100 such units on; null when none is below its mean. */
  bottleneck: {
    stage: string;
    units: number;
    conversion: number;
    mean_conversion: number;
    units_missing: number;
  } | null;
};

/** What a day total moved by after its day had closed. */
export type Restatement = {
  /** Local day of the figure. */
  day: string;
  /** As in reports, a path: `funnel visitor/ordered/604800000 stages.checkout.units`, `revenue EUR orders.gross_sales`. */
  figure: string;
  from: string;
  to: string;
  cause: RestatementCause;
  /** RFC 3339 UTC. */
  at: string;
};
export const RESTATEMENT_CAUSES = [
  'late_event',
  'late_order',
  'revived',
  'recovered',
  'definition',
  'time_zone',
  'bot',
  'erasure',
] as const;
export type RestatementCause = (typeof RESTATEMENT_CAUSES)[number];

/** Data quality of one local day of receipt (deliveries, rejections, duplicates) or of the figure's own day (the rest). */
export type QualityDay = {
  day: string;
  /** Well-formed deliveries that reached the log, and the distinct events they made. */
  deliveries: number;
  events: number;
  duplicates: number;
  /** Received more than 24 h after they happened. */
  late: number;
  rejected: { code: string; count: number }[];
  /** Optional ids that were junk and taken as absent. */
  junk_ids: number;
  /** Ids under two visitors or in two months, deliveries of orders that differ from the winner. */
  conflicts: { events: number; orders: number };
  orders: number;
  test_orders: number;
  orders_without_cart: { reason: WithoutCartReason; orders: number }[];
  /** |unexplained| over order totals, as a share by currency, the largest. */
  unexplained_share: number | null;
  carts: number;
  carts_without_id: number;
  unpriced_carts: number;
  purchases_without_earlier_event: number;
  browser_refunds: number;
  /** Deliveries with sent_at whose clock was off by more than 2 s, and the largest error. */
  clock_errors: { deliveries: number; largest_ms: number };
  bots: { visitors: number; carts: number };
};

export type QualityReport = ReportHead & {
  report: 'quality';
  days: QualityDay[];
  /** `good`: trust it. `fair`: some numbers are softer than they look. `poor`: mend what sends events first. */
  verdict: { level: 'good' | 'fair' | 'poor'; sentences: string[] };
};

/** The units, carts, orders or refunds behind one figure of a report; the figure is their count or the sum of their amounts. */
export type Explanation = ReportHead & {
  report: 'explanation';
  /** What is explained, normalised: `funnel stage=checkout,figure=units`. */
  of: string;
  unit: 'visitor' | 'session' | 'cart' | 'order' | 'refund';
  /** How many rows there are on all pages; equals the report's figure where that is a count. */
  count: number;
  /** Sum of the rows' amounts; equals the report's figure where that is an amount; null for counts. */
  amount: { currency: string; amount: bigint } | null;
  rows: ExplainedRow[];
  /** Pass as `cursor` for the next page; null on the last. */
  next_cursor: string | null;
};
export type ExplainedRow = {
  /** visitor_id, the session's key, cart_key, order_id or `order_id refund_id`. */
  id: string;
  visitor_id: string;
  /** RFC 3339 UTC: start of the chain, opening, order, refund. */
  at: string;
  day: string;
  /** This row's share of the figure; null for counts. */
  amount: bigint | null;
  /** In words, for people: `purchased`, `abandoned at checkout.payment (payment_declined)`, `reached purchase in 3 h`. */
  note: string;
};

/** The life of one cart or visitor, in order, each step with the rule that decided it. */
export type Timeline = {
  store_id: string;
  of: { visitor_id: string } | { cart_key: string };
  timezone: string;
  /** RFC 3339 UTC. */
  as_of: string;
  entries: TimelineEntry[];
};
export type TimelineEntry = {
  /** RFC 3339 UTC, with milliseconds. */
  at: string;
  kind: 'event' | 'order' | 'refund' | 'state';
  /** The event's type, `order`, `refund`, or the state that began. */
  what: string;
  /** event_id, order_id, refund_id; '' for a state. */
  id: string;
  visitor_id: string;
  /** The cart it belongs to, opened, joined or changed; null for none. */
  cart_key: string | null;
  /** Code of the rule that decided it, from a closed list. */
  rule: string;
  /** The same for people, with the amounts and times that mattered. */
  explanation: string;
};

export type Report = FunnelReport | AbandonmentReport | RevenueReport;
