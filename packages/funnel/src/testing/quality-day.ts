import type { QualityDay } from '../reports/quality.ts';

/** A day on which nothing happened, but for what a test says. */
export const qualityDay = (day: string, change: Partial<QualityDay> = {}): QualityDay => ({
  day,
  deliveries: 0,
  events: 0,
  duplicates: 0,
  late: 0,
  rejected: [],
  junk_ids: 0,
  conflicts: { events: 0, orders: 0 },
  orders: 0,
  test_orders: 0,
  orders_without_cart: [],
  unexplained: {},
  unexplained_share: null,
  carts: 0,
  carts_without_id: 0,
  unpriced_carts: 0,
  unmatched_removes: 0,
  purchases_without_earlier_event: 0,
  browser_refunds: 0,
  clock_errors: { deliveries: 0, largest_ms: 0 },
  bots: { visitors: 0, carts: 0 },
  ...change,
});
