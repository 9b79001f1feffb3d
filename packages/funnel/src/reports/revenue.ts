import type { BridgeLine, Point, RefundsOn } from '../definition.ts';
import type { ReportHead } from './head.ts';

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
 * rate of the day it was opened, an order's and a refund's amounts one by one at that of the day they count on. Every amount in
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
  /** The day its refunds count on, and by whose rate they are converted. */
  refunds_on: RefundsOn;
  currencies: Record<string, CurrencyRevenue>;
  /** null when the store names no source of rates. */
  converted: ConvertedTotals | null;
};
