import type { AbandonmentReport, FunnelReport, MoneyByCurrency, RevenueReport } from '@cartledger/funnel';
import { type CsvTable, moneyTable as money } from './csv-table.ts';
import { type Cell, csv } from './output.ts';
import { pipelineCsvTables } from './pipeline-csv.ts';
import { qualityCsvTables } from './quality-csv.ts';
import type { Report } from './reports.ts';

const head = (report: Report): CsvTable => ({
  table: 'report',
  columns: ['report', 'store_id', 'from', 'to', 'timezone', 'as_of', 'open_from', 'definition_versions'],
  rows: [
    [
      report.report,
      report.store_id,
      report.from,
      report.to,
      report.timezone,
      report.as_of,
      report.open_from,
      report.definition_versions.join(' '),
    ],
  ],
});

const STAGE_COLUMNS = [
  'stage',
  'units',
  'units_any',
  'conversion_from_first',
  'conversion_from_previous',
  'dropped',
  'median_ms_to_next',
  'p90_ms_to_next',
] as const;

const stageCells = (stage: FunnelReport['stages'][number]): Cell[] => STAGE_COLUMNS.map((column) => stage[column]);

const breakdownTables = ({ breakdown }: FunnelReport): CsvTable[] =>
  breakdown === undefined
    ? []
    : [
        {
          table: 'breakdown',
          columns: ['by', 'value', ...STAGE_COLUMNS],
          rows: breakdown.values.flatMap(({ value, stages }) =>
            stages.map((stage): Cell[] => [breakdown.by, value, ...stageCells(stage)]),
          ),
        },
      ];

const funnelTables = (report: FunnelReport): CsvTable[] => [
  {
    table: 'funnel',
    columns: ['unit', 'mode', 'window_ms'],
    rows: [[report.unit, report.mode, report.window_ms]],
  },
  { table: 'stages', columns: [...STAGE_COLUMNS], rows: report.stages.map(stageCells) },
  ...breakdownTables(report),
];

const valuesOf = ({ contactable, peak_value, removed }: AbandonmentReport): [string, MoneyByCurrency][] => [
  ['contactable', contactable.value],
  ['peak_value', peak_value],
  ['removed', removed],
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
  {
    table: 'times',
    columns: ['time', 'median_ms', 'p90_ms'],
    rows: [
      ['to_abandonment', report.times.median_ms_to_abandonment, report.times.p90_ms_to_abandonment],
      ['to_recovery', report.times.median_ms_to_recovery, report.times.p90_ms_to_recovery],
    ],
  },
  { table: 'contactable', columns: ['carts'], rows: [[report.contactable.carts]] },
  money(
    'values',
    'of',
    valuesOf(report),
    ([of]) => of,
    ([, value]) => value,
  ),
  {
    table: 'last_pages',
    columns: ['page', 'carts'],
    rows: report.last_pages.map(({ page, carts }) => [page, carts]),
  },
  money(
    'last_page_values',
    'page',
    report.last_pages,
    ({ page }) => page,
    ({ value }) => value,
  ),
  {
    table: 'last_products',
    columns: ['product_id', 'carts'],
    rows: report.last_products.map(({ product_id, carts }) => [product_id, carts]),
  },
  money(
    'last_product_values',
    'product_id',
    report.last_products,
    ({ product_id }) => product_id,
    ({ value }) => value,
  ),
];

const convertedTables = ({ converted }: RevenueReport): CsvTable[] => {
  if (converted === null) return [];
  const { currency, source, rate_days, missing, carts, orders } = converted;
  const rows = (of: string, amounts: Record<string, bigint> | null): Cell[][] =>
    Object.entries(amounts ?? {}).map(([name, amount]) => [of, name, currency, amount]);
  return [
    {
      table: 'converted_by',
      columns: ['currency', 'source', 'first_rate_day', 'last_rate_day'],
      rows: [[currency, source, rate_days?.from ?? null, rate_days?.to ?? null]],
    },
    {
      table: 'converted',
      columns: ['of', 'total', 'currency', 'amount'],
      rows: [...rows('carts', carts), ...rows('orders', orders)],
    },
    {
      table: 'missing_rates',
      columns: ['currency', 'day'],
      rows: missing.map((rate) => [rate.currency, rate.day]),
    },
  ];
};

const revenueTables = (report: RevenueReport): CsvTable[] => {
  const { currencies } = report;
  const each = Object.entries(currencies);
  return [
    { table: 'revenue', columns: ['refunds_on'], rows: [[report.refunds_on]] },
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
    ...convertedTables(report),
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
    case 'pipeline':
      return pipelineCsvTables(report);
    case 'quality':
      return qualityCsvTables(report);
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
