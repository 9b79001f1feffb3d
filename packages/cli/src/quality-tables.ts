import type { QualityDay, QualityReport } from '@cartledger/funnel';
import { formatDuration, formatMoneyByCurrency, formatRate } from './money.ts';
import type { Cell } from './output.ts';
import { firstOf, type ReportTable, right } from './report-table.ts';
import { wrapped } from './wrapped.ts';

const SHOWN_DAYS = 31;
const SENTENCE_WIDTH = 96;

const total = (days: readonly QualityDay[], count: (day: QualityDay) => number): number =>
  days.reduce((sum, day) => sum + count(day), 0);

/** Counts by what names them, added up over the days, largest first. */
const byName = (days: readonly QualityDay[], of: (day: QualityDay) => readonly [string, number][]): Cell[][] => {
  const counts = new Map<string, number>();
  for (const day of days) for (const [name, n] of of(day)) counts.set(name, (counts.get(name) ?? 0) + n);
  return [...counts].filter(([, n]) => n > 0).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
};

const unexplained = (days: readonly QualityDay[]): Record<string, bigint> => {
  const sums: Record<string, bigint> = {};
  for (const day of days)
    for (const [currency, amount] of Object.entries(day.unexplained))
      sums[currency] = (sums[currency] ?? 0n) + BigInt(amount);
  return sums;
};

const rejected = (day: QualityDay): number => day.rejected.reduce((sum, { count }) => sum + count, 0);
const withoutCart = (day: QualityDay): number => day.orders_without_cart.reduce((sum, { orders }) => sum + orders, 0);

export const qualityTables = ({ days, verdict }: QualityReport): ReportTable[] => {
  const largest = Math.max(0, ...days.map(({ clock_errors }) => clock_errors.largest_ms));
  return [
    {
      title: `Verdict: ${verdict.level}`,
      columns: [{ name: 'why' }],
      rows: verdict.sentences.map((sentence) => [wrapped(sentence, SENTENCE_WIDTH).join('\n')]),
    },
    {
      title: 'The period',
      columns: [{ name: 'measure' }, ...right('value')],
      rows: [
        ['deliveries', total(days, (day) => day.deliveries)],
        ['events', total(days, (day) => day.events)],
        ['duplicates', total(days, (day) => day.duplicates)],
        ['received more than a day late', total(days, (day) => day.late)],
        ['turned away', total(days, rejected)],
        ['junk ids taken as absent', total(days, (day) => day.junk_ids)],
        ['event ids in conflict', total(days, (day) => day.conflicts.events)],
        ['order deliveries in conflict', total(days, (day) => day.conflicts.orders)],
        [
          largest === 0 ? 'clocks that were off' : `clocks that were off, the furthest by ${formatDuration(largest)}`,
          total(days, (day) => day.clock_errors.deliveries),
        ],
        ['orders', total(days, (day) => day.orders)],
        ['test orders', total(days, (day) => day.test_orders)],
        ['orders without cart', total(days, withoutCart)],
        ['not explained of order totals', formatMoneyByCurrency(unexplained(days))],
        ['orders with no earlier event', total(days, (day) => day.purchases_without_earlier_event)],
        ['refunds sent by browsers', total(days, (day) => day.browser_refunds)],
        ['carts', total(days, (day) => day.carts)],
        ['carts without id', total(days, (day) => day.carts_without_id)],
        ['carts with a line never priced', total(days, (day) => day.unpriced_carts)],
        ['removes that matched nothing', total(days, (day) => day.unmatched_removes)],
        ['bots', total(days, (day) => day.bots.visitors)],
        ['carts of bots', total(days, (day) => day.bots.carts)],
      ],
    },
    {
      title: 'Turned away, by reason',
      columns: [{ name: 'reason' }, ...right('deliveries')],
      rows: byName(days, (day) => day.rejected.map(({ code, count }) => [code, count])),
    },
    {
      title: 'Orders without cart, by reason',
      columns: [{ name: 'reason' }, ...right('orders')],
      rows: byName(days, (day) => day.orders_without_cart.map(({ reason, orders }) => [reason, orders])),
    },
    {
      title: firstOf('Day by day', SHOWN_DAYS, days.length),
      columns: [
        { name: 'day' },
        ...right(
          'events',
          'duplicates',
          'late',
          'turned away',
          'orders',
          'without cart',
          'unexplained',
          'carts',
          'no id',
        ),
      ],
      rows: days
        .slice(-SHOWN_DAYS)
        .map((day) => [
          day.day,
          day.events,
          day.duplicates,
          day.late,
          rejected(day),
          day.orders,
          withoutCart(day),
          formatRate(day.unexplained_share),
          day.carts,
          day.carts_without_id,
        ]),
    },
  ];
};
