import { expect, test } from 'vitest';
import { warningOfNothing } from './nothing.ts';

const period = { from: '2026-11-01', to: '2026-11-30' };
const warned = (...days: string[]) => warningOfNothing(period, new Set(days));

test('days without any event are told, with the first and the last that have some', () => {
  expect(warned('2019-10-02', '2019-10-01')).toBe(
    "No event is of these days: the store's first is of 2019-10-01, its last of 2019-10-02. Name its days by --from and --to.",
  );
  expect(warned('2026-12-01')).toContain('first is of 2026-12-01, its last of 2026-12-01');
});

test('days between others are days without any event', () => {
  expect(warned('2026-12-01', '2026-10-01')).toContain('first is of 2026-10-01, its last of 2026-12-01');
});

test('a store without events is told', () => {
  expect(warned()).toBe('The store has no events.');
});

test('days that some event is of say nothing', () => {
  expect(warned('2019-10-01', '2026-11-01')).toBeNull();
  expect(warned('2026-11-30', '2027-01-01')).toBeNull();
  expect(warned('2019-10-01', '2026-11-15', '2027-01-01')).toBeNull();
});
