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

/**
 * Why a funnel (and the pipeline report, by the store's default funnel) cannot be given for a period without a
 * `definition_version`: the versions in force on its days differ in stages or their predicates, or one of them does
 * not keep that funnel. Runs of days of one version, in order, covering the period.
 */
export type VersionConflict = { versions: { version: number; from: string; to: string }[] };

/** The value of units whose chain's start says none, and of all beyond the values listed. */
export const NO_VALUE = '(none)';
export const OTHER_VALUES = 'other';
/** How many values a breakdown lists when it is not told. */
export const DEFAULT_BREAKDOWN_VALUES = 10;

/**
 * The same funnel by the value at the start of the counted chain. `units_any` of a value counts units by the value of
 * their first day in the period with that stage's event: the start of that day's chain, NO_VALUE on a day without one.
 * `other` counts each unit once that has a value beyond those listed, also when it has a listed one beside it.
 */
export type FunnelBreakdown = {
  by: Breakdown;
  /** A unit may stand under several values (product, category): rows do not add up to the funnel. */
  overlapping: boolean;
  /** By units at the first stage, largest first, then by value (UTF-8 bytes); NO_VALUE among them; OTHER_VALUES, when there are more, last. */
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
  /** Over carts ever_abandoned (abandoned, lost or recovered at T): first abandonment - opened_at. Over recovered carts: ordered_at - last abandonment. */
  times: {
    median_ms_to_abandonment: number | null;
    p90_ms_to_abandonment: number | null;
    median_ms_to_recovery: number | null;
    p90_ms_to_recovery: number | null;
  };
  /** Of the carts abandoned or lost at T: those with a customer_id on any of their own events. */
  contactable: { carts: number; value: MoneyByCurrency };
  /** Of all carts: the largest value each ever had, currency by currency and at the last stated prices, and that less its value. */
  peak_value: MoneyByCurrency;
  removed: MoneyByCurrency;
  /**
   * Of the carts abandoned or lost at T, by value (added up over currencies) then id. Last page: of the last of the
   * cart's own events that names one, `page.path`, else `page.url`; last product: the last item of the last of them
   * that has items. '' when there is none.
   */
  last_pages: { page: string; carts: number; value: MoneyByCurrency }[];
  last_products: { product_id: string; carts: number; value: MoneyByCurrency }[];
};
export type AbandonmentReport = ReportHead & { report: 'abandonment' } & AbandonmentBody & AbandonmentDetails;

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
 * Totals in one currency: each ledger row turned at its own day's rate (half-even), then added: a cart's value at the
 * rate of the day it was opened, an order's and a refund's amounts one by one at their own day's. Every amount in
 * another currency needs a rate, 0 too. Without a row (currency, target), amount * rate(currency, base) / rate(target,
 * base) is one exact fraction, rounded once; a base's own rate is 1; of several common bases the first in byte order.
 * `carts` and `orders` (with the refunds) are each null where a rate of theirs is missing.
 */
export type ConvertedTotals = {
  currency: string;
  /** Whose rates. */
  source: string;
  /** First and last day of the rates used; null when no row needed one. */
  rate_days: { from: string; to: string } | null;
  /** Of carts, orders and refunds together; each once, by currency then day. */
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
  converted: ConvertedTotals | null;
};

/** Pipeline measures (numbers.md 7). Funnel figures are those of the store's default funnel. */
export type PipelineReport = ReportHead & {
  report: 'pipeline';
  /** Visitors of the default funnel's journeys (whatever its unit) with an event of any of its stages in the period. */
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
  /**
   * Of the period's orders (not tests) that have one: from the first event of the visitor (no purchase or refund) that
   * stands after his previous order (not a test) and before this one, both standing at ordered_at + tie_tolerance_ms, to
   * ordered_at; at least 0.
   */
  sales_cycle: { orders: number; median_ms: number | null; p90_ms: number | null };
  /** In each currency the revenue report lists. */
  average_order_value: Record<string, bigint | null>;
  /** Of carts opened in the period, at T. */
  standing: { carts: number; value: MoneyByCurrency };
  won: { carts: number; value: MoneyByCurrency };
  lost: { carts: number; value: MoneyByCurrency; reasons: { code: string; carts: number; value: MoneyByCurrency }[] };
  /** Abandoned, not lost. */
  stale: { carts: number; value: MoneyByCurrency };
  /**
   * The period's orders (not tests) before which, by (ordered_at, order_id), there is no other with the same customer_id;
   * of orders without customer_id: no other of the same visitor.
   */
  new_buyers: number;
  /**
   * The stage with the largest (mean_conversion - conversion) x units, the earliest of equals, among those with at least
   * 100 units. Both sides are of the same age: `units` (at the previous stage) and `conversion` (conversion_from_previous)
   * are of one funnel report over the days of the period that are closed at T (day's end + window <= T),
   * `mean_conversion` of one over the 28 local days before `from`, which then are closed as well. Computed from the rates
   * as printed; `units_missing` is that product, half-even. null when no day of the period is closed, when no stage is
   * below its mean, or when those 28 days were counted by other stages (VersionConflict of both periods together).
   */
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

/**
 * Data quality of one local day: of receipt for what arrived (deliveries to junk_ids, browser_refunds, clock_errors),
 * of the figure itself for the rest.
 */
export type QualityDay = {
  day: string;
  /** Well-formed deliveries in the log, repeats too; counted since the version that has them. */
  deliveries: number;
  /** Events whose kept delivery (the one received first) was received on the day. */
  events: number;
  /** deliveries - events. */
  duplicates: number;
  /** Deliveries received more than 24 h after they happened. */
  late: number;
  /**
   * By reject code, most frequent first: turned away by the collector before the log, or sent to the dead letters.
   * A collector that is killed loses its counts of the last 10 s. Of the log, what cannot be told a store's is left out.
   */
  rejected: { code: string; count: number }[];
  /** Optional ids (not deliveries) that were junk and taken as absent. */
  junk_ids: number;
  /**
   * `events`: ids of several kept events (of two visitors, or in two months), on the day the last of them was received.
   * `orders`: deliveries that differ from the winner of their order, tests too.
   */
  conflicts: { events: number; orders: number };
  /** Without tests. */
  orders: number;
  test_orders: number;
  /** Reasons that occur, in their order; without tests. */
  orders_without_cart: { reason: WithoutCartReason; orders: number }[];
  /** Sum of |unexplained| over sum of |total|, of the currency where it is largest; null without orders, 1 over totals of 0. */
  unexplained_share: number | null;
  /** Opened on the day; without those of tests and bots. */
  carts: number;
  carts_without_id: number;
  /** With a counted line whose price was never stated. */
  unpriced_carts: number;
  /** Orders of channel web whose visitor has no event after his previous order and before it. */
  purchases_without_earlier_event: number;
  /** Deliveries of refunds by browsers, which are never summed. */
  browser_refunds: number;
  /** Deliveries with sent_at whose clock was off by more than 2 s, and the largest error, either way. */
  clock_errors: { deliveries: number; largest_ms: number };
  /** Left out as bots: visitors with a journey on the day, carts opened on it. */
  bots: { visitors: number; carts: number };
};

export type QualityReport = ReportHead & {
  report: 'quality';
  /** From the first to the last day of the period with something to tell; none when there is none. */
  days: QualityDay[];
  /** `good`: trust it. `fair`: some numbers are softer than they look. `poor`: mend what sends events first. */
  verdict: { level: 'good' | 'fair' | 'poor'; sentences: string[] };
};

/**
 * The units, carts, orders or refunds behind one figure of a report; the figure is their count or the sum of their
 * amounts. Of an amount, rows whose share is 0 are left out. `timing` is explained by cart (bought and opened in the
 * period: minus; joined by an order of the period: plus), `net` and `net_sales` by order and refund (minus).
 */
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
  /** visitor_id; of a session its unit_id (`["visitor","session"]`, `["visitor","event_id",occurred_at]` without id); cart_key; order_id or `order_id refund_id`. */
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
