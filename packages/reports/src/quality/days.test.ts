import { createCalendar } from '@cartledger/funnel';
import { qualityDay } from '@cartledger/funnel/testing';
import { expect, test } from 'vitest';
import { type QualityRows, qualityDays } from './days.ts';

const calendar = createCalendar('Asia/Kathmandu');
const PERIOD = ['2026-03-01', '2026-03-02', '2026-03-03', '2026-03-04', '2026-03-05'].map((day) => ({
  day,
  start: calendar.dayStart(day) / 1_000,
}));
const startOf = (day: string): number => calendar.dayStart(day) / 1_000;

const NOTHING: QualityRows = { intake: [], kept: [], conflicts: [], orders: [], carts: [], bots: [], rejections: [] };
const days = (rows: Partial<QualityRows>) => qualityDays(PERIOD, calendar.dayOf, { ...NOTHING, ...rows });

const intake = (day: string, measure: string, total: number, largest = total) => ({
  start: startOf(day),
  measure,
  total,
  largest,
});
const order = (over: Partial<QualityRows['orders'][number]>) => ({
  on_day: '2026-03-02',
  test: false,
  currency: 'EUR',
  reason: '',
  orders: 1,
  differing: 0,
  unexplained: 0n,
  total: 1_000n,
  without_earlier_event: 0,
  ...over,
});

test('days are listed from the first to the last with something, and those between as zeros', () => {
  expect(days({})).toEqual([]);
  const listed = days({
    intake: [intake('2026-03-02', 'delivered', 3)],
    carts: [{ on_day: '2026-03-04', carts: 1, without_id: 0, unpriced: 0, unmatched: 0, of_bots: 0 }],
  });
  expect(listed.map(({ day }) => day)).toEqual(['2026-03-02', '2026-03-03', '2026-03-04']);
  expect(listed[1]).toEqual(qualityDay('2026-03-03'));
});

test('duplicates are deliveries less kept events, and never below zero', () => {
  const [first, second] = days({
    intake: [intake('2026-03-01', 'delivered', 10), intake('2026-03-02', 'delivered', 2)],
    kept: [
      { start: startOf('2026-03-01'), events: 7, of_pages: 7 },
      { start: startOf('2026-03-02'), events: 5, of_pages: 0 },
    ],
  });
  expect(first).toMatchObject({ deliveries: 10, events: 7, duplicates: 3 });
  expect(second).toMatchObject({ deliveries: 2, events: 5, duplicates: 0 });
});

test('rejections of the log and of the collector add up by code, on the local day, the most frequent first', () => {
  const midnight = calendar.dayStart('2026-03-02');
  const [first, second] = days({
    intake: [intake('2026-03-01', 'rejected:bad_id', 2), intake('2026-03-01', 'rejected:bad_time', 2)],
    rejections: [
      { quarter: midnight - 900_000, code: 'too_old', count: 2 },
      { quarter: midnight - 900_000, code: 'bad_time', count: 3 },
      { quarter: midnight, code: 'bad_id', count: 1 },
    ],
  });
  expect(first?.rejected).toEqual([
    { code: 'bad_time', count: 5 },
    { code: 'bad_id', count: 2 },
    { code: 'too_old', count: 2 },
  ]);
  expect(second?.rejected).toEqual([{ code: 'bad_id', count: 1 }]);
});

test('the unexplained share is that of the worst currency; a total of nothing explains nothing', () => {
  const share = (...orders: QualityRows['orders'][number][]) => days({ orders })[0]?.unexplained_share;
  expect(share(order({}))).toBe(0);
  expect(share(order({ unexplained: 1n, total: 3n }), order({ reason: 'no_add_seen', total: 0n }))).toBe(0.333333);
  expect(share(order({ unexplained: 5n }), order({ currency: 'JPY', unexplained: 1n, total: 100n }))).toBe(0.01);
  expect(share(order({ unexplained: 5n, total: 0n }))).toBe(1);
  expect(share(order({ test: true, unexplained: 5n }))).toBe(null);
});

test('unexplained amounts are told in their currency, all taken as positive', () => {
  const amounts = (...orders: QualityRows['orders'][number][]) => days({ orders })[0]?.unexplained;
  expect(amounts(order({}))).toEqual({});
  expect(
    amounts(
      order({ currency: 'JPY', unexplained: 1n }),
      order({ unexplained: 5n }),
      order({ reason: 'no_add_seen', unexplained: 2n }),
      order({ test: true, unexplained: 7n }),
      order({ currency: 'USD' }),
    ),
  ).toEqual({ EUR: 7n, JPY: 1n });
});

test('test orders are counted apart, and only their conflicts with the others', () => {
  const [day] = days({
    orders: [
      order({ orders: 3, differing: 1, without_earlier_event: 2 }),
      order({ orders: 2, reason: 'other_channel' }),
      order({ orders: 4, reason: 'no_add_seen' }),
      order({ orders: 1, test: true, reason: 'no_add_seen', differing: 2, without_earlier_event: 1 }),
    ],
  });
  expect(day).toMatchObject({
    orders: 9,
    test_orders: 1,
    conflicts: { orders: 3 },
    purchases_without_earlier_event: 2,
    orders_without_cart: [
      { reason: 'no_add_seen', orders: 4 },
      { reason: 'other_channel', orders: 2 },
    ],
  });
});

test('of clock errors the largest is told, not the sum', () => {
  const [day] = days({
    intake: [intake('2026-03-01', 'clock_error', 3), intake('2026-03-01', 'clock_error_max_ms', 9_000, 5_000)],
  });
  expect(day?.clock_errors).toEqual({ deliveries: 3, largest_ms: 5_000 });
});
