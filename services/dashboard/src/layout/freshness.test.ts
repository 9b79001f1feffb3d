import { expect, test } from 'vitest';
import { freshnessOf } from './freshness.ts';

const report = { from: '2026-11-01', to: '2026-11-22', as_of: '2026-11-22T13:00:00Z', open_from: '2026-11-16' };
const at = (iso: string): number => Date.parse(iso);

test('says from which day on figures may still move', () => {
  const now = at('2026-11-22T13:00:05Z');
  expect(freshnessOf(report, now)).toEqual({ kind: 'live', text: 'Live · open from 16 Nov' });
  expect(freshnessOf({ ...report, open_from: '2026-10-30' }, now).text).toBe('Live · all days still open');
  expect(freshnessOf({ ...report, from: '2026-11-22', open_from: '2026-11-16' }, now).text).toBe(
    'Live · day still open',
  );
});

test('a report behind the clock is not called live', () => {
  expect(freshnessOf(report, at('2026-11-22T13:03:10Z'))).toEqual({
    kind: 'late',
    text: '3 min behind · open from 16 Nov',
  });
  expect(freshnessOf(report, at('2026-11-22T15:30:00Z')).text).toBe('2 h 30 min behind · open from 16 Nov');
});

test('a closed period is closed however old the report', () => {
  expect(freshnessOf({ ...report, open_from: null }, at('2027-01-01T00:00:00Z')).kind).toBe('closed');
});
