import { expect, test } from 'vitest';
import { createTakeIn } from './take-in.ts';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const takeIn = createTakeIn({ stores: { get: () => ({ maxAgeDays: 400 }) }, now: () => NOW });

const record = (received_at: number) => ({
  partition: 0,
  offset: 1n,
  timestamp: received_at,
  key: null,
  headers: {},
  value: Buffer.from(
    JSON.stringify({ event_id: 'e', store_id: 's', type: 'visit', visitor_id: 'v', occurred_at: received_at }),
  ),
});

test('a delivery dated more than a day ahead is refused: it would carry the reports’ as_of with it', () => {
  const ahead = Date.parse('2090-01-01T00:00:00Z');
  expect(takeIn(record(ahead))).toMatchObject({
    outcome: 'rejected',
    rejection: { code: 'too_far_ahead', field: 'received_at' },
  });
  expect(takeIn(record(NOW + 3_600_000)).outcome).toBe('accepted');
});
