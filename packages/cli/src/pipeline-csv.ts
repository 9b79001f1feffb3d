import type { PipelineReport } from '@cartledger/funnel';
import { type CsvTable, moneyTable } from './csv-table.ts';

export const pipelineCsvTables = (report: PipelineReport): CsvTable[] => {
  const { sales_cycle, bottleneck, lost } = report;
  const carts = (['standing', 'won', 'lost', 'stale'] as const).map((name) => ({ name, ...report[name] }));
  return [
    {
      table: 'pipeline',
      columns: ['leads', 'orders', 'orders_per_lead', 'new_buyers'],
      rows: [[report.leads, report.orders, report.orders_per_lead, report.new_buyers]],
    },
    {
      table: 'stages',
      columns: ['stage', 'conversion_from_first', 'target', 'difference'],
      rows: report.stages.map(({ stage, conversion_from_first, target, difference }) => [
        stage,
        conversion_from_first,
        target,
        difference,
      ]),
    },
    {
      table: 'sales_cycle',
      columns: ['orders', 'median_ms', 'p90_ms'],
      rows: [[sales_cycle.orders, sales_cycle.median_ms, sales_cycle.p90_ms]],
    },
    {
      table: 'average_order_values',
      columns: ['currency', 'average_order_value'],
      rows: Object.entries(report.average_order_value),
    },
    { table: 'carts', columns: ['now', 'carts'], rows: carts.map((row) => [row.name, row.carts]) },
    moneyTable(
      'cart_values',
      'now',
      carts,
      ({ name }) => name,
      ({ value }) => value,
    ),
    { table: 'lost_reasons', columns: ['code', 'carts'], rows: lost.reasons.map((row) => [row.code, row.carts]) },
    moneyTable(
      'lost_reason_values',
      'code',
      lost.reasons,
      ({ code }) => code,
      ({ value }) => value,
    ),
    {
      table: 'bottleneck',
      columns: ['stage', 'units', 'conversion', 'mean_conversion', 'units_missing'],
      rows:
        bottleneck === null
          ? []
          : [
              [
                bottleneck.stage,
                bottleneck.units,
                bottleneck.conversion,
                bottleneck.mean_conversion,
                bottleneck.units_missing,
              ],
            ],
    },
  ];
};
