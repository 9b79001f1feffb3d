import { expect, test } from 'vitest';
import { csv, table } from './output.ts';
import { reportTables } from './report-tables.ts';
import type { Report } from './reports.ts';
import { ABANDONMENT, asAnswered, BROKEN_DOWN, CONVERTED, PIPELINE, QUALITY, REVENUE } from './sample-reports.ts';

const rowsOf = (report: Report, title: string) =>
  reportTables(asAnswered(report)).find((one) => one.title.startsWith(title))?.rows;

test('a table lines up its cells, and an absent one is a dash', () => {
  const lines = table(
    [{ name: 'stage' }, { name: 'carts', align: 'right' }],
    [
      ['cart', 1234n],
      ['checkout.start', null],
    ],
  ).split('\n');
  expect(lines.filter((line) => line.startsWith('│'))).toEqual([
    '│ stage          │ carts │',
    '│ cart           │  1234 │',
    '│ checkout.start │     - │',
  ]);
});

test('what somebody sent to steer a terminal is shown as what it is', () => {
  expect(table([{ name: 'page' }], [['/\u001b[2J\u009bx\r']])).toContain('│ /\uFFFD[2J\uFFFDx\uFFFD │');
});

test('CSV quotes what a parser would stumble over, and nothing else', () => {
  expect(
    csv(
      ['a', 'b'],
      [
        ['x,y', 'he said "no"'],
        ['two\nlines', null],
        [' plain; ', 5n],
      ],
    ),
  ).toBe('a,b\n"x,y","he said ""no"""\n"two\nlines",\n plain; ,5');
});

test('abandonment in words; a long list of products is cut, and says so', () => {
  const tables = reportTables(ABANDONMENT);
  expect(tables.at(-1)).toMatchObject({ title: 'Products (20 of 30; --format csv or json has all)' });
  expect(tables.at(-1)?.rows).toHaveLength(20);
  expect(rowsOf(ABANDONMENT, 'Rates')?.[0]).toEqual(['abandonment_rate', '33.33 %', '0.00 %']);
  expect(rowsOf(ABANDONMENT, 'Where')).toEqual([['cart', 1, '0.05 CHF, 1234567890123456789.01 EUR']]);
  expect(rowsOf(ABANDONMENT, 'How long')).toEqual([
    ['from opening to abandonment', '1 h', '2 h'],
    ['from abandonment to the order', '-', '-'],
  ]);
  expect(rowsOf(ABANDONMENT, 'Values')).toEqual([
    ['left by customers who are known', 1, '12.90 EUR'],
    ['largest value of each cart', null, '20.00 EUR'],
    ['taken out again', null, '7.10 EUR'],
  ]);
  expect(rowsOf(ABANDONMENT, 'Last page')).toEqual([['(none)', 1, '12.90 EUR']]);
});

test('a breakdown is one table, a row a value', () => {
  const found = reportTables(BROKEN_DOWN).find(({ title }) => title.startsWith('By product'));
  expect(found).toMatchObject({
    title: 'By product: a unit may stand in several rows',
    columns: [{ name: 'product' }, { name: 'visit' }, { name: 'purchase' }],
    rows: [
      ['mug, large', 3, '1 (33.33 %)'],
      ['(none)', 1, '0 (0.00 %)'],
      ['other', 0, '0 (-)'],
    ],
  });
});

test('converted totals come first, and say whose rates and what is missing', () => {
  const [first] = reportTables(CONVERTED);
  expect(first?.title).toBe(
    "All in EUR, each at its own day's rate of ecb, 2026-11-02 to 2026-11-20; 1 rate is missing, the first USD of 2026-11-07",
  );
  expect(first?.rows).toContainEqual(['carts: bought', '2.00 EUR']);
  expect(first?.rows.at(-1)).toEqual(['orders: a rate is missing', null]);
  expect(reportTables(REVENUE)).toHaveLength(2);
});

test('the pipeline against its targets, signed', () => {
  expect(rowsOf(PIPELINE, 'Conversion')).toEqual([
    ['visit', '100.00 %', '-', '-'],
    ['purchase', '2.10 %', '2.50 %', '-0.40'],
  ]);
  expect(rowsOf(PIPELINE, 'Bottleneck')).toEqual([['checkout', 150, '20.00 %', '30.00 %', 15]]);
  expect(rowsOf({ ...PIPELINE, bottleneck: null }, 'Bottleneck')?.[0]?.[0]).toContain('none');
  expect(rowsOf(PIPELINE, 'Carts opened')).toContainEqual(['stale (abandoned, not lost yet)', 3, '-']);
});

test('data quality: the verdict, the period added up, reasons by size', () => {
  expect(rowsOf(QUALITY, 'Verdict: fair')).toEqual([['0.20 % of order totals is unexplained.']]);
  expect(rowsOf(QUALITY, 'The period')).toContainEqual(['turned away', 7]);
  expect(rowsOf(QUALITY, 'The period')).toContainEqual(['clocks that were off, the furthest by 1 min 30 s', 3]);
  expect(rowsOf(QUALITY, 'The period')).toContainEqual(['not explained of order totals', '0.04 EUR, 10 JPY']);
  expect(rowsOf(QUALITY, 'The period')).toContainEqual(['removes that matched nothing', 0]);
  expect(rowsOf(QUALITY, 'Turned away')).toEqual([
    ['bad_type', 5],
    ['bad_id', 2],
  ]);
  expect(rowsOf(QUALITY, 'Day by day')?.[0]).toEqual(['2026-11-01', 10, 1, 0, 3, 2, 1, '0.20 %', 0, 0]);
});
