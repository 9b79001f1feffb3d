import type { AbandonmentReport, FunnelReport, RevenueReport } from '@cartledger/funnel';
import { expect, test } from 'vitest';
import { reportCsv } from './report-csv.ts';

const HEAD = {
  store_id: 'shop',
  from: '2026-11-01',
  to: '2026-11-30',
  timezone: 'Europe/Berlin',
  as_of: '2026-11-22T10:00:00.000Z',
  open_from: null,
  definition_versions: [1],
  warnings: [],
};
const HEAD_LINES = (name: string): string[] => [
  'table,report,store_id,from,to,timezone,as_of,open_from',
  `report,${name},shop,2026-11-01,2026-11-30,Europe/Berlin,2026-11-22T10:00:00.000Z,`,
];

test('a funnel: plain rates and milliseconds, nothing where there is no number', () => {
  const report: FunnelReport = {
    ...HEAD,
    report: 'funnel',
    unit: 'visitor',
    mode: 'ordered',
    window_ms: 604_800_000,
    stages: [
      {
        stage: 'visit',
        units: 3,
        units_any: 4,
        conversion_from_first: 1,
        conversion_from_previous: null,
        dropped: 2,
        median_ms_to_next: 61_000,
        p90_ms_to_next: null,
      },
    ],
  };
  expect(reportCsv(report).split('\n')).toEqual([
    ...HEAD_LINES('funnel'),
    'table,unit,mode,window_ms',
    'funnel,visitor,ordered,604800000',
    'table,stage,units,units_any,conversion_from_first,conversion_from_previous,dropped,median_ms_to_next,p90_ms_to_next',
    'stages,visit,3,4,1,,2,61000,',
  ]);
});

test('abandonment: every product, a row a currency, text quoted where it must be', () => {
  const rates = { abandonment_rate: 0.333333, recovery_rate: null, not_bought_rate: 0.5 };
  const report: AbandonmentReport = {
    ...HEAD,
    report: 'abandonment',
    ...rates,
    checkout: { ...rates, abandonment_rate: 0 },
    carts: {
      created: 3,
      active: 0,
      idle: 0,
      abandoned: 1,
      lost: 0,
      emptied: 0,
      purchased: 2,
      recovered: 0,
      recovered_late: 0,
      revived: 0,
    },
    points: [{ stage: 'cart', carts: 1, value: { CHF: 5n, EUR: 123_456_789_012_345_678_901n } }],
    reasons: [],
    products: Array.from({ length: 30 }, (_, i) => ({
      product_id: `p${i}`,
      name: i === 0 ? 'Mug, "large"' : null,
      carts: 1,
      left: 1,
      bought: 0,
      value_left: i === 0 ? { EUR: 1290n } : {},
    })),
  };
  const lines = reportCsv(report).split('\n');
  expect(lines).toContain('carts,purchased,2');
  expect(lines).toContain('rates,abandonment_rate,0.333333,0');
  expect(lines).toContain('rates,recovery_rate,,');
  expect(lines).toContain('points,cart,1');
  expect(lines.filter((line) => line.startsWith('point_values,'))).toEqual([
    'point_values,cart,CHF,5',
    'point_values,cart,EUR,123456789012345678901',
  ]);
  expect(lines.filter((line) => line.startsWith('products,'))).toHaveLength(30);
  expect(lines).toContain('products,p0,"Mug, ""large""",1,1,0');
  expect(lines.filter((line) => line.startsWith('product_values_left,'))).toEqual(['product_values_left,p0,EUR,1290']);
  // A table without rows keeps its header line.
  expect(lines).toContain('table,code,carts');
});

test('revenue: minor units of every currency, exact and signed', () => {
  const report: RevenueReport = {
    ...HEAD,
    report: 'revenue',
    currencies: {
      EUR: {
        stages: [{ stage: 'cart', carts: 2, reached: 300n, left: 100n, standing: 0n, emptied: 0n, recovered: 0n }],
        carts: { value: 300n, left: 100n, standing: 0n, emptied: 0n, bought: 200n },
        orders: {
          count: 1,
          without_cart: 0,
          gross_sales: 200n,
          discounts: 10n,
          tax: 0n,
          shipping: 0n,
          unexplained: 0n,
          order_total: 190n,
          refunds: 0n,
          net: 190n,
          net_sales: 190n,
          average_order_value: null,
        },
        bridge: [{ line: 'discounts', amount: -10n }],
        timing: 0n,
        difference: 0n,
      },
    },
  };
  expect(reportCsv(report).split('\n')).toEqual([
    ...HEAD_LINES('revenue'),
    'table,currency,stage,carts,reached,left,standing,emptied,recovered',
    'stages,EUR,cart,2,300,100,0,0,0',
    'table,currency,value,left,standing,emptied,bought',
    'carts,EUR,300,100,0,0,200',
    'table,currency,line,amount',
    'bridge,EUR,discounts,-10',
    'table,currency,count,without_cart,net_sales,average_order_value',
    'orders,EUR,1,0,190,',
    'table,currency,timing,difference',
    'checks,EUR,0,0',
  ]);
});
