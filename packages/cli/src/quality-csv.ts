import type { QualityReport } from '@cartledger/funnel';
import type { CsvTable } from './csv-table.ts';
import type { Cell } from './output.ts';

/** Figures of a day that are one number each. */
const FIGURES = [
  'deliveries',
  'events',
  'duplicates',
  'late',
  'junk_ids',
  'orders',
  'test_orders',
  'unexplained_share',
  'carts',
  'carts_without_id',
  'unpriced_carts',
  'unmatched_removes',
  'purchases_without_earlier_event',
  'browser_refunds',
] as const;

export const qualityCsvTables = ({ days, verdict }: QualityReport): CsvTable[] => [
  { table: 'verdict', columns: ['level'], rows: [[verdict.level]] },
  { table: 'verdict_sentences', columns: ['sentence'], rows: verdict.sentences.map((sentence) => [sentence]) },
  {
    table: 'days',
    columns: [
      'day',
      ...FIGURES,
      'event_conflicts',
      'order_conflicts',
      'clock_errors',
      'largest_clock_error_ms',
      'bots',
      'bot_carts',
    ],
    rows: days.map((day) => [
      day.day,
      ...FIGURES.map((figure) => day[figure]),
      day.conflicts.events,
      day.conflicts.orders,
      day.clock_errors.deliveries,
      day.clock_errors.largest_ms,
      day.bots.visitors,
      day.bots.carts,
    ]),
  },
  {
    table: 'rejected',
    columns: ['day', 'code', 'count'],
    rows: days.flatMap(({ day, rejected }) => rejected.map(({ code, count }): Cell[] => [day, code, count])),
  },
  {
    table: 'unexplained',
    columns: ['day', 'currency', 'amount'],
    rows: days.flatMap(({ day, unexplained }) =>
      Object.entries(unexplained).map(([currency, amount]): Cell[] => [day, currency, amount]),
    ),
  },
  {
    table: 'orders_without_cart',
    columns: ['day', 'reason', 'orders'],
    rows: days.flatMap(({ day, orders_without_cart }) =>
      orders_without_cart.map(({ reason, orders }): Cell[] => [day, reason, orders]),
    ),
  },
];
