import type { AbandonmentReport, FunnelReport, Report, RevenueReport } from '@cartledger/funnel';
import { formatDuration, formatMoney, formatMoneyByCurrency, formatRate } from './money.ts';
import type { Cell, Column } from './output.ts';

export type ReportTable = { title: string; columns: Column[]; rows: Cell[][] };

const right = (...names: string[]): Column[] => names.map((name) => ({ name, align: 'right' }));

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
];

const SHOWN_PRODUCTS = 20;

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
  {
    title:
      report.products.length > SHOWN_PRODUCTS
        ? `Products (${SHOWN_PRODUCTS} of ${report.products.length}; --format csv or json has all)`
        : 'Products',
    columns: [{ name: 'product' }, { name: 'name' }, ...right('carts', 'left', 'bought', 'value left')],
    rows: report.products
      .slice(0, SHOWN_PRODUCTS)
      .map((row) => [row.product_id, row.name, row.carts, row.left, row.bought, formatMoneyByCurrency(row.value_left)]),
  },
];

const revenueTables = (report: RevenueReport): ReportTable[] =>
  Object.entries(report.currencies).flatMap(([currency, { stages, bridge, orders, timing, difference }]) => [
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
      title: `${currency}: from carts to the money of the period's ${orders.count} orders`,
      columns: [{ name: 'line' }, ...right('amount')],
      rows: [
        ...bridge.map(({ line, amount }): Cell[] => [line, formatMoney(amount, currency)]),
        ['average_order_value', formatMoney(orders.average_order_value, currency)],
        ['timing', formatMoney(timing, currency)],
        ['difference', formatMoney(difference, currency)],
      ],
    },
  ]);

/** A report as tables of formatted cells, each with a title. */
export const reportTables = (report: Report): ReportTable[] => {
  switch (report.report) {
    case 'funnel':
      return funnelTables(report);
    case 'abandonment':
      return abandonmentTables(report);
    case 'revenue':
      return revenueTables(report);
  }
};
