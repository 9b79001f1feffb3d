import { expect, test } from 'vitest';
import { warningOfNothing } from './nothing.ts';

const days = { from: '2026-10-25', to: '2026-11-23', timezone: 'Asia/Kathmandu' };
const at = (iso: string): number => Date.parse(iso);

test('days without any event are told, with those that have some, as the store counts days', () => {
  expect(warningOfNothing(days, { first: at('2019-10-01T18:14:00Z'), last: at('2019-10-01T18:15:00Z') })).toBe(
    "No event is of these days: the store's are of 2019-10-01 to 2019-10-02. Name its days by --from and --to.",
  );
  expect(
    warningOfNothing(days, { first: at('2026-11-23T18:15:00Z'), last: at('2026-11-24T00:00:00Z') }),
  ).not.toBeNull();
});

test('a store without events is told', () => {
  const none = { first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY };
  expect(warningOfNothing(days, none)).toBe('The store has no events.');
});

test('days that some event is of say nothing', () => {
  expect(warningOfNothing(days, { first: at('2019-10-01T00:00:00Z'), last: at('2026-10-24T18:15:00Z') })).toBeNull();
  expect(warningOfNothing(days, { first: at('2026-11-23T18:14:00Z'), last: at('2027-01-01T00:00:00Z') })).toBeNull();
});
