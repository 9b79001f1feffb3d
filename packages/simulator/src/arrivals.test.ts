import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createArrivals } from './arrivals.ts';
import type { SimulatedEvent } from './wire.ts';

const event = (received_at: number, event_id: string): SimulatedEvent => ({
  event_id,
  store_id: 's',
  type: 'visit',
  occurred_at: 0,
  visitor_id: 'v',
  received_at,
});

test('deliveries come out by time of arrival, those of one time as they were put in', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 60 }), (times) => {
      const arrivals = createArrivals();
      const events = times.map((time, index) => event(time, `e${index}`));
      for (const one of events) arrivals.put(one);
      const out: SimulatedEvent[] = [];
      for (let next = arrivals.takeBefore(21); next !== null; next = arrivals.takeBefore(21)) out.push(next);
      expect(out).toEqual(events.toSorted((a, b) => a.received_at - b.received_at));
    }),
    { seed: 9, numRuns: 300 },
  );
});

test('what arrives at the asked time or later waits', () => {
  const arrivals = createArrivals();
  expect(arrivals.nextAt()).toBeNull();
  arrivals.put(event(7, 'a'));
  expect(arrivals.nextAt()).toBe(7);
  expect(arrivals.takeBefore(7)).toBeNull();
  expect(arrivals.takeBefore(8)?.event_id).toBe('a');
  expect(arrivals.takeBefore(8)).toBeNull();
});
