import type { RefundsOn } from '../definition.ts';
import type { ReportHead } from './head.ts';

/**
 * The units, carts, orders or refunds behind one figure of a report; the figure is their count or the sum of their
 * amounts. Of an amount, rows whose share is 0 are left out. `timing` is explained by cart (bought and opened in the
 * period: minus; joined by an order of the period: plus), `net` and `net_sales` by order and refund (minus).
 */
export type Explanation = ReportHead & {
  report: 'explanation';
  /** What is explained, normalised: `funnel stage=checkout,figure=units`. */
  of: string;
  /** Of the revenue report: the day its refunds count on. */
  refunds_on?: RefundsOn;
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
  /** Local day on which it counts. */
  day: string;
  /** This row's share of the figure; null for counts. */
  amount: bigint | null;
  /** In words, for people: `purchased`, `abandoned at checkout.payment (payment_declined)`, `reached purchase in 3 h`. */
  note: string;
};
