import type { AbandonmentReport, FunnelReport, MoneyByCurrency, Report, RevenueReport } from '@cartledger/funnel';
import { type Cell, csv } from './output.ts';

/** Rows of one kind. Amounts are whole minor units, rates decimals, durations milliseconds. */
type CsvTable = { table: string; columns: string[]; rows: Cell[][] };

/** Money of several currencies is a table of its own, one row a currency, so that no column depends on the data. */
const money = <T>(
  table: string,
  key: string,
  entries: readonly T[],
  idOf: (entry: T) => string,
  moneyOf: (entry: T) => MoneyByCurrency,
): CsvTable => ({
  table,
  columns: [key, 'currency', 'value'],
  rows: entries.flatMap((entry) =>
    Object.entries(moneyOf(entry)).map(([currency, value]) => [idOf(entry), currency, value]),
  ),
});

const head = (report: Report): CsvTable => ({
  table: 'report',
  columns: ['report', 'store_id', 'from', 'to', 'timezone', 'as_of', 'open_from'],
  rows: [[report.report, report.store_id, report.from, report.to, report.timezone, report.as_of, report.open_from]],
});

const funnelTables = ({ unit, mode, window_ms, stages }: FunnelReport): CsvTable[] => [
  { table: 'funnel', columns: ['unit', 'mode', 'window_ms'], rows: [[unit, mode, window_ms]] },
  {
    table: 'stages',
    columns: [
      'stage',
      'units',
      'units_any',
      'conversion_from_first',
      'conversion_from_previous',
      'dropped',
      'median_ms_to_next',
      'p90_ms_to_next',
    ],
    rows: stages.map((stage) => [
      stage.stage,
      stage.units,
      stage.units_any,
      stage.conversion_from_first,
      stage.conversion_from_previous,
      stage.dropped,
      stage.median_ms_to_next,
      stage.p90_ms_to_next,
    ]),
  },
];

const abandonmentTables = (report: AbandonmentReport): CsvTable[] => [
  { table: 'carts', columns: ['state', 'carts'], rows: Object.entries(report.carts) },
  {
    table: 'rates',
    columns: ['rate', 'all_carts', 'with_checkout'],
    rows: (['abandonment_rate', 'recovery_rate', 'not_bought_rate'] as const).map((rate) => [
      rate,
      report[rate],
      report.checkout[rate],
    ]),
  },
  {
    table: 'points',
    columns: ['stage', 'carts'],
    rows: report.points.map(({ stage, carts }) => [stage, carts]),
  },
  money(
    'point_values',
    'stage',
    report.points,
    ({ stage }) => stage,
    ({ value }) => value,
  ),
  { table: 'reasons', columns: ['code', 'carts'], rows: report.reasons.map(({ code, carts }) => [code, carts]) },
  money(
    'reason_values',
    'code',
    report.reasons,
    ({ code }) => code,
    ({ value }) => value,
  ),
  {
    table: 'products',
    columns: ['product_id', 'name', 'carts', 'left', 'bought'],
    rows: report.products.map(({ product_id, name, carts, left, bought }) => [product_id, name, carts, left, bought]),
  },
  money(
    'product_values_left',
    'product_id',
    report.products,
    ({ product_id }) => product_id,
    ({ value_left }) => value_left,
  ),
];

const revenueTables = ({ currencies }: RevenueReport): CsvTable[] => {
  const each = Object.entries(currencies);
  return [
    {
      table: 'stages',
      columns: ['currency', 'stage', 'carts', 'reached', 'left', 'standing', 'emptied', 'recovered'],
      rows: each.flatMap(([currency, { stages }]) =>
        stages.map(({ stage, carts, reached, left, standing, emptied, recovered }): Cell[] => [
          currency,
          stage,
          carts,
          reached,
          left,
          standing,
          emptied,
          recovered,
        ]),
      ),
    },
    {
      table: 'carts',
      columns: ['currency', 'value', 'left', 'standing', 'emptied', 'bought'],
      rows: each.map(([currency, { carts }]) => [
        currency,
        carts.value,
        carts.left,
        carts.standing,
        carts.emptied,
        carts.bought,
      ]),
    },
    {
      table: 'bridge',
      columns: ['currency', 'line', 'amount'],
      rows: each.flatMap(([currency, { bridge }]) =>
        bridge.map(({ line, amount }): Cell[] => [currency, line, amount]),
      ),
    },
    {
      table: 'orders',
      columns: ['currency', 'count', 'without_cart', 'net_sales', 'average_order_value'],
      rows: each.map(([currency, { orders }]) => [
        currency,
        orders.count,
        orders.without_cart,
        orders.net_sales,
        orders.average_order_value,
      ]),
    },
    {
      table: 'checks',
      columns: ['currency', 'timing', 'difference'],
      rows: each.map(([currency, { timing, difference }]) => [currency, timing, difference]),
    },
  ];
};

const tablesOf = (report: Report): CsvTable[] => {
  switch (report.report) {
    case 'funnel':
      return funnelTables(report);
    case 'abandonment':
      return abandonmentTables(report);
    case 'revenue':
      return revenueTables(report);
  }
};

/**
 * A report for programs: table after table, each a header line (`table` and its columns) and rows that begin with
 * the table's name. Named as in the API's JSON; what is null there is empty here.
 */
export const reportCsv = (report: Report): string =>
  [head(report), ...tablesOf(report)]
    .map(({ table, columns, rows }) =>
      csv(
        ['table', ...columns],
        rows.map((row) => [table, ...row]),
      ),
    )
    .join('\n');
