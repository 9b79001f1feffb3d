import type { PipelineReport } from '@cartledger/funnel';
import { formatDuration, formatMoney, formatMoneyByCurrency, formatRate } from './money.ts';
import { type ReportTable, right } from './report-table.ts';

/** In points of a percent, signed: a conversion of 2.1 % against a target of 2.5 % is -0.40. */
const points = (difference: number | null): string => {
  if (difference === null) return '-';
  const text = (difference * 100).toFixed(2);
  return difference > 0 ? `+${text}` : text;
};

export const pipelineTables = (report: PipelineReport): ReportTable[] => {
  const { sales_cycle, standing, won, lost, stale, bottleneck } = report;
  return [
    {
      title: 'From leads to orders',
      columns: [{ name: 'measure' }, ...right('value')],
      rows: [
        ['leads', report.leads],
        ['orders', report.orders],
        ['orders per lead', formatRate(report.orders_per_lead)],
        ['orders of new buyers', report.new_buyers],
        [`sales cycle, median of ${sales_cycle.orders} orders`, formatDuration(sales_cycle.median_ms)],
        ['sales cycle, nine of ten within', formatDuration(sales_cycle.p90_ms)],
        ...Object.entries(report.average_order_value).map(([currency, amount]) => [
          'average order value',
          formatMoney(amount, currency),
        ]),
      ],
    },
    {
      title: 'Conversion against target',
      columns: [{ name: 'stage' }, ...right('from first', 'target', 'points above target')],
      rows: report.stages.map(({ stage, conversion_from_first, target, difference }) => [
        stage,
        formatRate(conversion_from_first),
        formatRate(target),
        points(difference),
      ]),
    },
    {
      title: 'Carts opened in the period',
      columns: [{ name: 'now' }, ...right('carts', 'value')],
      rows: (
        [
          ['standing', standing],
          ['won', won],
          ['stale (abandoned, not lost yet)', stale],
          ['lost', lost],
        ] as const
      ).map(([name, { carts, value }]) => [name, carts, formatMoneyByCurrency(value)]),
    },
    {
      title: 'Lost, and why',
      columns: [{ name: 'reason' }, ...right('carts', 'value')],
      rows: lost.reasons.map(({ code, carts, value }) => [code, carts, formatMoneyByCurrency(value)]),
    },
    {
      title: 'Bottleneck',
      columns: [{ name: 'stage' }, ...right('units before it', 'conversion', 'mean of 28 days', 'units missing')],
      rows:
        bottleneck === null
          ? [['none: no stage of closed days is below its mean of the 28 days before', null, null, null, null]]
          : [
              [
                bottleneck.stage,
                bottleneck.units,
                formatRate(bottleneck.conversion),
                formatRate(bottleneck.mean_conversion),
                Math.round(bottleneck.units_missing),
              ],
            ],
    },
  ];
};
