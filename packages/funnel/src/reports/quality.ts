import type { WithoutCartReason } from '../definition.ts';
import type { MoneyByCurrency, ReportHead } from './head.ts';

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
  /** Sum of |unexplained|, tests apart; currencies in which everything is explained are not listed. */
  unexplained: MoneyByCurrency;
  /** Sum of |unexplained| over sum of |total|, of the currency where it is largest; null without orders, 1 over totals of 0. */
  unexplained_share: number | null;
  /** Opened on the day; without those of tests and bots. */
  carts: number;
  carts_without_id: number;
  /** With a counted line whose price was never stated. */
  unpriced_carts: number;
  /** Items of removes that matched nothing in the carts opened on the day, and were ignored. */
  unmatched_removes: number;
  /** Orders of channel web before which the visitor has no event ever but purchases and refunds. */
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
