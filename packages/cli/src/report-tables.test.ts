import type { AbandonmentReport } from '@cartledger/funnel';
import { expect, test } from 'vitest';
import { csv, table } from './output.ts';
import { reportTables } from './report-tables.ts';

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

test('a long list of products is cut, and says so', () => {
  const rates = { abandonment_rate: 0.5, recovery_rate: null, not_bought_rate: null };
  const report: AbandonmentReport = {
    report: 'abandonment',
    store_id: 'shop',
    from: '2026-11-01',
    to: '2026-11-30',
    timezone: 'UTC',
    as_of: '2026-11-22T10:00:00.000Z',
    open_from: null,
    definition_versions: [1],
    warnings: [],
    ...rates,
    checkout: rates,
    carts: {
      created: 0,
      active: 0,
      idle: 0,
      abandoned: 0,
      lost: 0,
      emptied: 0,
      purchased: 0,
      recovered: 0,
      recovered_late: 0,
      revived: 0,
    },
    points: [{ stage: 'cart', carts: 1, value: { EUR: 1290n, JPY: 500n } }],
    reasons: [{ code: 'none', carts: 1, value: {} }],
    products: Array.from({ length: 21 }, (_, i) => ({
      product_id: `p${i}`,
      name: null,
      carts: 1,
      left: 1,
      bought: 0,
      value_left: {},
    })),
  };
  const tables = reportTables(report);
  expect(tables.at(-1)).toMatchObject({ title: 'Products (20 of 21; --format csv or json has all)' });
  expect(tables.at(-1)?.rows).toHaveLength(20);
  expect(tables[1]?.rows[0]).toEqual(['abandonment_rate', '50.00 %', '50.00 %']);
  expect(tables[2]?.rows).toEqual([['cart', 1, '12.90 EUR, 500 JPY']]);
  expect(tables[3]?.rows).toEqual([['none', 1, '-']]);
});
