/**
 * The three reports, as the API and the CLI answer them. Amounts are whole minor units and may pass 2^53, so
 * they are bigints here and plain integers in JSON. Rates are decimals of six places, null where the
 * denominator is zero.
 */
import type { BridgeLine, FunnelMode, FunnelUnit, Point } from './definition.ts';

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
export type AbandonmentReport = ReportHead & { report: 'abandonment' } & AbandonmentBody;

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
export type RevenueReport = ReportHead & { report: 'revenue'; currencies: Record<string, CurrencyRevenue> };

export type Report = FunnelReport | AbandonmentReport | RevenueReport;
