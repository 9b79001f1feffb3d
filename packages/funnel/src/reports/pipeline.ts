import type { MoneyByCurrency, ReportHead } from './head.ts';

/** Pipeline measures (definitions.md 7). Funnel figures are those of the store's default funnel. */
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
