import type { QualityDay, WithoutCartReason } from '@cartledger/funnel';

/** The days of a report added up. */
export type Totals = {
  days: readonly QualityDay[];
  deliveries: number;
  events: number;
  duplicates: number;
  late: number;
  rejected: Map<string, number>;
  junk_ids: number;
  event_conflicts: number;
  order_conflicts: number;
  orders: number;
  test_orders: number;
  without_cart: Map<WithoutCartReason, number>;
  carts: number;
  carts_without_id: number;
  unpriced_carts: number;
  no_earlier_event: number;
  browser_refunds: number;
  clock_errors: number;
  largest_clock_error_ms: number;
  bot_visitors: number;
  bot_carts: number;
};

export const totalsOf = (days: readonly QualityDay[]): Totals => {
  const sum = (n: (day: QualityDay) => number): number => days.reduce((total, day) => total + n(day), 0);
  const rejected = new Map<string, number>();
  const without_cart = new Map<WithoutCartReason, number>();
  for (const day of days) {
    for (const { code, count } of day.rejected) rejected.set(code, (rejected.get(code) ?? 0) + count);
    for (const { reason, orders } of day.orders_without_cart)
      without_cart.set(reason, (without_cart.get(reason) ?? 0) + orders);
  }
  return {
    days,
    rejected,
    without_cart,
    deliveries: sum((day) => day.deliveries),
    events: sum((day) => day.events),
    duplicates: sum((day) => day.duplicates),
    late: sum((day) => day.late),
    junk_ids: sum((day) => day.junk_ids),
    event_conflicts: sum((day) => day.conflicts.events),
    order_conflicts: sum((day) => day.conflicts.orders),
    orders: sum((day) => day.orders),
    test_orders: sum((day) => day.test_orders),
    carts: sum((day) => day.carts),
    carts_without_id: sum((day) => day.carts_without_id),
    unpriced_carts: sum((day) => day.unpriced_carts),
    no_earlier_event: sum((day) => day.purchases_without_earlier_event),
    browser_refunds: sum((day) => day.browser_refunds),
    clock_errors: sum((day) => day.clock_errors.deliveries),
    largest_clock_error_ms: Math.max(0, ...days.map((day) => day.clock_errors.largest_ms)),
    bot_visitors: sum((day) => day.bots.visitors),
    bot_carts: sum((day) => day.bots.carts),
  };
};
