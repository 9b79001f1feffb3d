import { expect, it } from 'vitest';
import { countedRows } from './counted-rows.ts';
import { NEVER_AFTER, NEVER_BEFORE } from './rows.ts';

/** hit by day, from the 1st on; null for no row. */
const rows = (...hits: (number | null)[]) =>
  hits.flatMap((hit, i) => (hit === null ? [] : [{ day: `2026-05-0${i + 1}`, hit, any: hit }]));
const between = (...hits: (number | null)[]) =>
  countedRows(rows(...hits)).map((row) => [row.counted_after.slice(5), row.counted_before.slice(5)]);

it('a row alone is counted by every period that holds its day', () => {
  expect(countedRows(rows(0b11))).toEqual([
    { counted_after: NEVER_BEFORE, counted_before: NEVER_AFTER, any_after: [NEVER_BEFORE, NEVER_BEFORE] },
  ]);
});

it('a period counts the furthest row of a unit, and of equal ones the earliest', () => {
  // 1st: far 1, 2nd: far 3, 3rd: far 2, 4th: far 3, 5th: far 1.
  expect(between(0b1, 0b111, 0b11, 0b111, 0b1)).toEqual([
    ['01-01', '05-02'],
    ['01-01', '12-31'],
    ['05-02', '05-04'],
    ['05-02', '12-31'],
    ['05-04', '12-31'],
  ]);
});

it('reach is by the highest stage: holes of an open funnel do not count against a row', () => {
  expect(between(0b011, 0b100)).toEqual([
    ['01-01', '05-02'],
    ['01-01', '12-31'],
  ]);
});

it('rows without a start neither are counted nor stand in the way of others', () => {
  expect(between(0b1, 0, 0b1)).toEqual([
    ['01-01', '12-31'],
    ['01-01', '12-31'],
    ['05-01', '12-31'],
  ]);
  expect(countedRows(rows(0b1, 0, 0b1))[1]).toMatchObject({
    counted_after: NEVER_BEFORE,
    counted_before: NEVER_AFTER,
  });
});

it('each stage of `any` knows the last day before that had it', () => {
  const counted = countedRows([
    { day: '2026-05-01', hit: 0, any: 0b101 },
    { day: '2026-05-03', hit: 0, any: 0b110 },
    { day: '2026-05-09', hit: 0, any: 0b101 },
  ]);
  expect(counted.map((row) => row.any_after)).toEqual([
    [NEVER_BEFORE, NEVER_BEFORE],
    [NEVER_BEFORE, '2026-05-01'],
    ['2026-05-01', '2026-05-03'],
  ]);
});

it('periods that filter rows by themselves agree with periods that compare each unit’s rows', () => {
  const hits = [0b1, 0b11, 0, 0b1, 0b111, 0b111, 0b11, 0, 0b1];
  const all = rows(...hits);
  const counted = countedRows(all);
  const furthest = (hit: number): number => 32 - Math.clz32(hit);
  for (const { day: from } of all)
    for (const { day: to } of all.filter(({ day }) => day >= from)) {
      const within = all.filter(({ day, hit }) => day >= from && day <= to && hit > 0);
      const best = within.toSorted((a, b) => furthest(b.hit) - furthest(a.hit)).slice(0, 1);
      const byThemselves = within.filter((row) => {
        const { counted_after = '', counted_before = '' } = counted[all.indexOf(row)] ?? {};
        return counted_after < from && counted_before > to;
      });
      expect(byThemselves).toEqual(best);
    }
});
