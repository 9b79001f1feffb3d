import type { AbandonmentReport, ConvertedTotals, FunnelReport, RevenueReport } from '@cartledger/funnel';
import { formatDuration, formatMoney, formatMoneyByCurrency, formatRate } from './money.ts';
import type { Cell } from './output.ts';
import { pipelineTables } from './pipeline-tables.ts';
import { qualityTables } from './quality-tables.ts';
import { firstOf, type ReportTable, right } from './report-table.ts';
import type { Report } from './reports.ts';

/** One row a value: units at each stage, and what share of the first stage's they are. */
const breakdownTable = ({ breakdown }: FunnelReport): ReportTable[] => {
  if (breakdown === undefined) return [];
  const { by, overlapping, values } = breakdown;
  const stages = values[0]?.stages.map(({ stage }) => stage) ?? [];
  return [
    {
      title: `By ${by}${overlapping ? ': a unit may stand in several rows' : ''}`,
      columns: [{ name: by }, ...right(...stages)],
      rows: values.map(({ value, stages: counted }) => [
        value,
        ...counted.map(({ units, conversion_from_first }, k) =>
          k === 0 ? units : `${units} (${formatRate(conversion_from_first)})`,
        ),
      ]),
    },
  ];
};

const funnelTables = (report: FunnelReport): ReportTable[] => [
  {
    title: `Funnel by ${report.unit}, ${report.mode}, within ${formatDuration(report.window_ms)}`,
    columns: [
      { name: 'stage' },
      ...right('units', 'any', 'from first', 'from previous', 'dropped', 'median to next', 'p90 to next'),
    ],
    rows: report.stages.map((stage) => [
      stage.stage,
      stage.units,
      stage.units_any,
      formatRate(stage.conversion_from_first),
      formatRate(stage.conversion_from_previous),
      stage.dropped,
      formatDuration(stage.median_ms_to_next),
      formatDuration(stage.p90_ms_to_next),
    ]),
  },
  ...breakdownTable(report),
];

const SHOWN_PRODUCTS = 20;
const SHOWN_PLACES = 10;

const detailTables = ({ times, contactable, peak_value, removed, last_pages, last_products }: AbandonmentReport) => [
  {
    title: 'How long it took',
    columns: [{ name: 'time' }, ...right('median', 'p90')],
    rows: [
      [
        'from opening to abandonment',
        formatDuration(times.median_ms_to_abandonment),
        formatDuration(times.p90_ms_to_abandonment),
      ],
      [
        'from abandonment to the order',
        formatDuration(times.median_ms_to_recovery),
        formatDuration(times.p90_ms_to_recovery),
      ],
    ],
  },
  {
    title: 'Values',
    columns: [{ name: 'what' }, ...right('carts', 'value')],
    rows: [
      ['left by customers who are known', contactable.carts, formatMoneyByCurrency(contactable.value)],
      ['largest value of each cart', null, formatMoneyByCurrency(peak_value)],
      ['taken out again', null, formatMoneyByCurrency(removed)],
    ],
  },
  {
    title: firstOf('Last page before leaving', SHOWN_PLACES, last_pages.length),
    columns: [{ name: 'page' }, ...right('carts', 'value')],
    rows: last_pages
      .slice(0, SHOWN_PLACES)
      .map(({ page, carts, value }) => [page || '(none)', carts, formatMoneyByCurrency(value)]),
  },
  {
    title: firstOf('Last product before leaving', SHOWN_PLACES, last_products.length),
    columns: [{ name: 'product' }, ...right('carts', 'value')],
    rows: last_products
      .slice(0, SHOWN_PLACES)
      .map(({ product_id, carts, value }) => [product_id || '(none)', carts, formatMoneyByCurrency(value)]),
  },
];

const abandonmentTables = (report: AbandonmentReport): ReportTable[] => [
  {
    title: 'Carts opened in the period',
    columns: [{ name: 'state' }, ...right('carts')],
    rows: Object.entries(report.carts).map(([state, carts]) => [state, carts]),
  },
  {
    title: 'Rates',
    columns: [{ name: 'rate' }, ...right('all carts', 'with checkout')],
    rows: (['abandonment_rate', 'recovery_rate', 'not_bought_rate'] as const).map((name) => [
      name,
      formatRate(report[name]),
      formatRate(report.checkout[name]),
    ]),
  },
  {
    title: 'Where carts are left',
    columns: [{ name: 'point' }, ...right('carts', 'value')],
    rows: report.points.map((point) => [point.stage, point.carts, formatMoneyByCurrency(point.value)]),
  },
  {
    title: 'Why',
    columns: [{ name: 'reason' }, ...right('carts', 'value')],
    rows: report.reasons.map((reason) => [reason.code, reason.carts, formatMoneyByCurrency(reason.value)]),
  },
  ...detailTables(report),
  {
    title: firstOf('Products', SHOWN_PRODUCTS, report.products.length),
    columns: [{ name: 'product' }, { name: 'name' }, ...right('carts', 'left', 'bought', 'value left')],
    rows: report.products
      .slice(0, SHOWN_PRODUCTS)
      .map((row) => [row.product_id, row.name, row.carts, row.left, row.bought, formatMoneyByCurrency(row.value_left)]),
  },
];

const shownRates = ({ currency, source, rate_days, missing }: ConvertedTotals): string => {
  const days = rate_days === null ? '' : `, ${rate_days.from} to ${rate_days.to}`;
  const [first] = missing;
  const lacking =
    first === undefined
      ? ''
      : `; ${missing.length === 1 ? '1 rate is' : `${missing.length} rates are`} missing, the first ${first.currency} of ${first.day}`;
  return `All in ${currency}, each at its own day's rate of ${source}${days}${lacking}`;
};

const convertedTables = ({ converted }: RevenueReport): ReportTable[] => {
  if (converted === null) return [];
  const { currency, carts, orders } = converted;
  const rows = (of: string, amounts: Record<string, bigint> | null): Cell[][] =>
    amounts === null
      ? [[`${of}: a rate is missing`, null]]
      : Object.entries(amounts).map(([name, amount]) => [`${of}: ${name}`, formatMoney(amount, currency)]);
  return [
    {
      title: shownRates(converted),
      columns: [{ name: 'total' }, ...right('amount')],
      rows: [...rows('carts', carts), ...rows('orders', orders)],
    },
  ];
};

const revenueTables = (report: RevenueReport): ReportTable[] => [
  ...convertedTables(report),
  ...Object.entries(report.currencies).flatMap(([currency, { stages, bridge, orders, timing, difference }]) => [
    {
      title: `${currency}: carts opened in the period, by stage`,
      columns: [{ name: 'stage' }, ...right('carts', 'reached', 'left', 'standing', 'emptied', 'recovered')],
      rows: stages.map((stage) => [
        stage.stage,
        stage.carts,
        ...[stage.reached, stage.left, stage.standing, stage.emptied, stage.recovered].map((amount) =>
          formatMoney(amount, currency),
        ),
      ]),
    },
    {
      title: `${currency}: from carts to the money of the orders of the period (${orders.count})`,
      columns: [{ name: 'line' }, ...right('amount')],
      rows: [
        ...bridge.map(({ line, amount }): Cell[] => [line, formatMoney(amount, currency)]),
        ['average_order_value', formatMoney(orders.average_order_value, currency)],
        ['timing', formatMoney(timing, currency)],
        ['difference', formatMoney(difference, currency)],
      ],
    },
  ]),
];

/** A report as tables of formatted cells, each with a title. */
export const reportTables = (report: Report): ReportTable[] => {
  switch (report.report) {
    case 'funnel':
      return funnelTables(report);
    case 'abandonment':
      return abandonmentTables(report);
    case 'revenue':
      return revenueTables(report);
    case 'pipeline':
      return pipelineTables(report);
    case 'quality':
      return qualityTables(report);
  }
};
