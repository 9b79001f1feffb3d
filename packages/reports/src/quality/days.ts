import { type QualityDay, WITHOUT_CART_REASONS } from '@cartledger/funnel';
import type { z } from 'zod';
import { divideHalfEven } from '../arithmetic.ts';
import type { botDays, cartDays, conflictDays, intakeDays, keptDays, orderDays } from './queries.ts';

type OrderRow = z.infer<typeof orderDays.row>;

/** Events turned away before the log, by the start of their quarter of an hour (ms UTC). */
export type RejectionRow = { quarter: number; code: string; count: number };

export type QualityRows = {
  intake: readonly z.infer<typeof intakeDays.row>[];
  kept: readonly z.infer<typeof keptDays.row>[];
  conflicts: readonly z.infer<typeof conflictDays.row>[];
  orders: readonly OrderRow[];
  carts: readonly z.infer<typeof cartDays.row>[];
  bots: readonly z.infer<typeof botDays.row>[];
  rejections: readonly RejectionRow[];
};

const REJECTED = 'rejected:';

const sum = <T>(rows: readonly T[], n: (row: T) => number): number => rows.reduce((total, row) => total + n(row), 0);

/** With six decimals; above 1 where amounts are off by more than the totals, 1 where totals are 0. */
const shareOf = (unexplained: bigint, total: bigint): number => {
  if (total === 0n) return unexplained === 0n ? 0 : 1;
  return Number(divideHalfEven(unexplained * 1_000_000n, total)) / 1_000_000;
};

const unexplainedAmounts = (orders: readonly OrderRow[]): Record<string, bigint> => {
  const amounts = new Map<string, bigint>();
  for (const { currency, unexplained } of orders) amounts.set(currency, (amounts.get(currency) ?? 0n) + unexplained);
  return Object.fromEntries([...amounts].filter(([, amount]) => amount > 0n).sort(([a], [b]) => (a < b ? -1 : 1)));
};

const unexplainedShare = (orders: readonly OrderRow[]): number | null => {
  const currencies = Map.groupBy(orders, ({ currency }) => currency);
  const shares = [...currencies.values()].map((rows) =>
    shareOf(
      rows.reduce((total, { unexplained }) => total + unexplained, 0n),
      rows.reduce((total, row) => total + row.total, 0n),
    ),
  );
  return shares.length === 0 ? null : Math.max(...shares);
};

const rejectedOf = (intake: QualityRows['intake'], rejections: readonly RejectionRow[]): QualityDay['rejected'] => {
  const counts = new Map<string, number>();
  const add = (code: string, count: number): void => void counts.set(code, (counts.get(code) ?? 0) + count);
  for (const { measure, total } of intake) if (measure.startsWith(REJECTED)) add(measure.slice(REJECTED.length), total);
  for (const { code, count } of rejections) add(code, count);
  return [...counts]
    .map(([code, count]) => ({ code, count }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
};

const dayOf = (day: string, rows: QualityRows): QualityDay => {
  const measure = (name: string) => rows.intake.find((row) => row.measure === name);
  const count = (name: string) => measure(name)?.total ?? 0;
  const deliveries = count('delivered');
  const events = sum(rows.kept, (row) => row.events);
  const orders = rows.orders.filter(({ test }) => !test);
  const reasons = WITHOUT_CART_REASONS.map((reason) => ({
    reason,
    orders: sum(
      orders.filter((row) => row.reason === reason),
      (row) => row.orders,
    ),
  }));
  return {
    day,
    deliveries,
    events,
    // What was taken in before deliveries were counted has events only.
    duplicates: Math.max(0, deliveries - events),
    late: count('late'),
    rejected: rejectedOf(rows.intake, rows.rejections),
    junk_ids: count('junk_id'),
    conflicts: { events: sum(rows.conflicts, ({ ids }) => ids), orders: sum(rows.orders, (row) => row.differing) },
    orders: sum(orders, (row) => row.orders),
    test_orders: sum(rows.orders, (row) => row.orders) - sum(orders, (row) => row.orders),
    orders_without_cart: reasons.filter((row) => row.orders > 0),
    unexplained: unexplainedAmounts(orders),
    unexplained_share: unexplainedShare(orders),
    carts: sum(rows.carts, (row) => row.carts),
    carts_without_id: sum(rows.carts, (row) => row.without_id),
    unpriced_carts: sum(rows.carts, (row) => row.unpriced),
    unmatched_removes: sum(rows.carts, (row) => row.unmatched),
    purchases_without_earlier_event: sum(orders, (row) => row.without_earlier_event),
    browser_refunds: count('browser_refund'),
    clock_errors: { deliveries: count('clock_error'), largest_ms: measure('clock_error_max_ms')?.largest ?? 0 },
    bots: { visitors: sum(rows.bots, ({ visitors }) => visitors), carts: sum(rows.carts, (row) => row.of_bots) },
  };
};

/** Local days of the period with the first second of each. */
export type DayStart = { day: string; start: number };

/** The days from the first to the last of which there is something to tell, those between them too. */
export const qualityDays = (
  period: readonly DayStart[],
  dayOfMs: (ms: number) => string,
  rows: QualityRows,
): QualityDay[] => {
  const names = new Map(period.map(({ day, start }) => [start, day]));
  const byStart = <T extends { start: number }>(all: readonly T[]) => Map.groupBy(all, ({ start }) => names.get(start));
  const byDay = <T extends { on_day: string }>(all: readonly T[]) => Map.groupBy(all, ({ on_day }) => on_day);
  const [intake, kept, conflicts] = [byStart(rows.intake), byStart(rows.kept), byStart(rows.conflicts)];
  const [orders, carts, bots] = [byDay(rows.orders), byDay(rows.carts), byDay(rows.bots)];
  const rejections = Map.groupBy(rows.rejections, ({ quarter }) => dayOfMs(quarter));
  const days = period.map(({ day }): [string, QualityRows] => [
    day,
    {
      intake: intake.get(day) ?? [],
      kept: kept.get(day) ?? [],
      conflicts: conflicts.get(day) ?? [],
      orders: orders.get(day) ?? [],
      carts: carts.get(day) ?? [],
      bots: bots.get(day) ?? [],
      rejections: rejections.get(day) ?? [],
    },
  ]);
  const hasSomething = ([, ofDay]: [string, QualityRows]): boolean =>
    Object.values(ofDay).some(({ length }) => length > 0);
  const first = days.findIndex(hasSomething);
  const last = days.findLastIndex(hasSomething);
  return first === -1 ? [] : days.slice(first, last + 1).map(([day, ofDay]) => dayOf(day, ofDay));
};
