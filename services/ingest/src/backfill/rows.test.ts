import { expect, test } from 'vitest';
import { createRows } from './rows.ts';
import { monthOfTime } from './slices.ts';

type Asked = { sql: string; params: Readonly<Record<string, unknown>> };

const setUp = () => {
  const asked: Asked[] = [];
  const rows = createRows(
    {
      query: async (query, params) => {
        asked.push({ sql: query.sql, params: { ...params } });
        const found =
          query.name === 'backfill.months' ? [{ month: '202610' }, { month: '202611' }] : [{ log_offset: 7n }];
        return found.map((row) =>
          query.row.parse(JSON.parse(JSON.stringify(row, (_, v) => (typeof v === 'bigint' ? String(v) : v)))),
        );
      },
      command: async (sql, params) => void asked.push({ sql, params: { ...params } }),
    },
    'events',
    'rebuilt',
  );
  return { asked, rows };
};

test('every statement about single records looks at one month and at a bounded list', async () => {
  const { asked, rows } = setUp();
  const offsets = Array.from({ length: 9_000 }, (_, i) => BigInt(i));
  const places = await rows.anyMonth(offsets);
  expect([...places.keys()]).toEqual(['202610', '202611']);
  const having = await rows.having('abc', 0, places);
  expect([...having]).toEqual([
    ['202610', [7n, 7n, 7n]],
    ['202611', [7n, 7n, 7n]],
  ]);
  await rows.copyPlaces('abc', 0, having);
  const [, ...ofMonths] = asked;
  expect(ofMonths).toHaveLength(8);
  for (const { sql, params } of ofMonths) {
    expect(sql).toContain('_partition_id = {month:String}');
    expect(params).toHaveProperty('month');
  }
});

test('every copy of a stretch of records looks at one slice', async () => {
  const { asked, rows } = setUp();
  const slice = { month: '202610', store_id: 'shop', from: 3n, to: 9n };
  await rows.copyRange(slice, { epoch: 'abc', partition: 1, first: 10n, end: 20n });
  await rows.copyBehind(slice, { epoch: 'abc', partitions: [{ partition: 1, offset: 20 }] });
  for (const { sql, params } of asked) {
    expect(sql).toContain('visitor_hash >= {from:UInt64} AND visitor_hash <= {to:UInt64}');
    expect(params).toMatchObject(slice);
  }
  expect(asked[0]?.params).toMatchObject({ first: 10n, end: 20n });
});

test.each([
  ['2026-10-31T23:59:59.999Z', '202610'],
  ['2015-01-01T00:00:00.000Z', '201501'],
  ['2014-12-31T23:59:59.999Z', '0'],
  ['2100-01-01T00:00:00.000Z', '0'],
])('what happened at %s lies in the partition %s', (at, month) => {
  expect(monthOfTime(Date.parse(at))).toBe(month);
});
