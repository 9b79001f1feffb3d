import { expect, test } from 'vitest';
import { reportCsv } from './report-csv.ts';
import type { Report } from './reports.ts';
import {
  ABANDONMENT,
  asAnswered,
  BROKEN_DOWN,
  CONVERTED,
  FUNNEL,
  PIPELINE,
  QUALITY,
  REVENUE,
} from './sample-reports.ts';

const HEAD_LINES = (name: string): string[] => [
  'table,report,store_id,from,to,timezone,as_of,open_from,definition_versions',
  `report,${name},shop,2026-11-01,2026-11-30,Europe/Berlin,2026-11-22T10:00:00.000Z,,1 2`,
];
const linesOf = (report: Report): string[] => reportCsv(asAnswered(report)).split('\n');

test('a funnel: plain rates and milliseconds, nothing where there is no number', () => {
  expect(linesOf(FUNNEL)).toEqual([
    ...HEAD_LINES('funnel'),
    'table,unit,mode,window_ms',
    'funnel,visitor,ordered,604800000',
    'table,stage,units,units_any,conversion_from_first,conversion_from_previous,dropped,median_ms_to_next,p90_ms_to_next',
    'stages,visit,3,4,1,,2,61000,',
  ]);
});

test('a breakdown is one more table: a row for each value and stage', () => {
  const lines = linesOf(BROKEN_DOWN);
  expect(lines).toContain(
    'table,by,value,stage,units,units_any,conversion_from_first,conversion_from_previous,dropped,median_ms_to_next,p90_ms_to_next',
  );
  expect(lines.filter((line) => line.startsWith('breakdown,'))).toEqual([
    'breakdown,product,"mug, large",visit,3,4,1,,2,61000,',
    'breakdown,product,"mug, large",purchase,1,2,0.333333,,2,61000,',
    'breakdown,product,(none),visit,1,2,1,,2,61000,',
    'breakdown,product,(none),purchase,0,1,0,,2,61000,',
    'breakdown,product,other,visit,0,1,,,2,61000,',
    'breakdown,product,other,purchase,0,1,,,2,61000,',
  ]);
});

test('abandonment: every product, a row a currency, text quoted where it must be', () => {
  const lines = linesOf(ABANDONMENT);
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

test('abandonment: what stands beside the counts', () => {
  const lines = linesOf(ABANDONMENT);
  for (const line of [
    'times,to_abandonment,3600000,7200000',
    'times,to_recovery,,',
    'contactable,1',
    'values,contactable,EUR,1290',
    'values,peak_value,EUR,2000',
    'values,removed,EUR,710',
    'last_pages,,1',
    'last_page_values,,EUR,1290',
    'last_products,p0,1',
  ])
    expect(lines).toContain(line);
});

test('revenue: minor units of every currency, exact and signed', () => {
  expect(linesOf(REVENUE)).toEqual([
    ...HEAD_LINES('revenue'),
    'table,refunds_on',
    'revenue,refund',
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

test('converted totals: whose rates, the totals there are, and the rates that are not', () => {
  expect(linesOf(CONVERTED).slice(-10)).toEqual([
    'table,currency,source,first_rate_day,last_rate_day',
    'converted_by,EUR,ecb,2026-11-02,2026-11-20',
    'table,of,total,currency,amount',
    'converted,carts,value,EUR,300',
    'converted,carts,left,EUR,100',
    'converted,carts,standing,EUR,0',
    'converted,carts,emptied,EUR,0',
    'converted,carts,bought,EUR,200',
    'table,currency,day',
    'missing_rates,USD,2026-11-07',
  ]);
});

test('the pipeline: conversions against targets, and where carts stand', () => {
  const lines = linesOf(PIPELINE);
  for (const line of [
    'pipeline,200,5,0.025,2',
    'stages,visit,1,,',
    'stages,purchase,0.021,0.025,-0.004',
    'sales_cycle,4,3600000,86400000',
    'average_order_values,JPY,',
    'carts,stale,3',
    'cart_values,won,EUR,16840',
    'lost_reason_values,none,EUR,50',
    'bottleneck,checkout,150,0.2,0.3,15',
  ])
    expect(lines).toContain(line);
  expect(linesOf({ ...PIPELINE, bottleneck: null }).at(-1)).toMatch(/^table,stage,units,conversion/);
});

test('data quality: a row a day, reasons below', () => {
  const lines = linesOf(QUALITY);
  for (const line of [
    'verdict,fair',
    'days,2026-11-01,11,10,1,0,0,2,0,0.002,0,0,0,0,0,0,0,0,0,0,0,0',
    'days,2026-11-02,0,0,0,0,0,0,0,,0,0,0,0,0,0,0,0,3,90000,1,501',
    'rejected,2026-11-01,bad_id,2',
    'unexplained,2026-11-01,EUR,4',
    'unexplained,2026-11-01,JPY,10',
    'orders_without_cart,2026-11-01,no_add_seen,1',
  ])
    expect(lines).toContain(line);
});
