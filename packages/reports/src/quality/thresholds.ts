import type { QualityReport } from '@cartledger/funnel';

export type Level = QualityReport['verdict']['level'];

/**
 * From where on a share of the period is called fair, and from where on poor, in thousandths: it has to be above. A
 * share of fewer than MIN_POOR_CASES cases is never poor. null: it never is. What is only told (repeats, bots, test
 * orders) makes no number wrong.
 */
export const THRESHOLDS = {
  /** Rejected of all that was sent. */
  rejected: { fair: 5, poor: 50 },
  /** Orders without cart, for another reason than their channel or bots, of the orders that could have one. */
  without_cart: { fair: 20, poor: 100 },
  /** |unexplained| of the order totals, of the day and currency where it is largest. */
  unexplained: { fair: 1, poor: 10 },
  /** Orders of the web of whose visitor nothing but purchases came before, of all orders. */
  no_earlier_event: { fair: 20, poor: 200 },
  /** Carts with a line that was never priced, of all carts. */
  unpriced: { fair: 10, poor: 100 },
  /** Carts without cart_id, of all carts. */
  cart_without_id: { fair: 200, poor: null },
  /** Received more than 24 h after they happened, of all deliveries. */
  late: { fair: 10, poor: 100 },
  /** Event ids of several events, of all events. */
  event_conflicts: { fair: 1, poor: 10 },
  /** Deliveries that differ from their order, of all orders. */
  order_conflicts: { fair: 10, poor: 100 },
  /** Junk ids, of all deliveries. */
  junk_ids: { fair: 10, poor: 100 },
  /** Refunds of browsers: any. */
  browser_refunds: { fair: 0, poor: null },
  /** Deliveries whose clock was off, of all deliveries. */
  clock_errors: { fair: 100, poor: null },
  /** Repeats, of all deliveries: told from here on. */
  duplicates: { fair: null, poor: null, told: 50 },
} as const satisfies Record<string, { fair: number | null; poor: number | null; told?: number }>;

export const MIN_POOR_CASES = 5;

/** Above so many thousandths; a count that stands alone (of nothing): above that many. */
export const isAbove = (n: number, of: number | null, thousandths: number): boolean =>
  of === null ? n > thousandths : n * 1_000 > of * thousandths;

export const levelOf = (name: keyof typeof THRESHOLDS, n: number, of: number | null): Level => {
  const { fair, poor } = THRESHOLDS[name];
  if (n === 0 || of === 0) return 'good';
  if (poor !== null && n >= MIN_POOR_CASES && isAbove(n, of, poor)) return 'poor';
  return fair !== null && isAbove(n, of, fair) ? 'fair' : 'good';
};
