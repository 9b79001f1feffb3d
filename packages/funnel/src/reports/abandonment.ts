import type { Point } from '../definition.ts';
import type { MoneyByCurrency, ReportHead } from './head.ts';

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
