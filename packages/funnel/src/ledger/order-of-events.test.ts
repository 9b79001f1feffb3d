import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { KeptEvent } from './kept-event.ts';
import { compareEvents, compareUtf8, rankOf } from './order-of-events.ts';

const event = (fields: Partial<KeptEvent>): KeptEvent => ({
  event_id: 'e',
  store_id: 's',
  type: 'visit',
  occurred_at: 0,
  event_time: 0,
  received_at: 0,
  payload_hash: 0n,
  visitor_id: 'v',
  ...fields,
});

const text = fc.string({
  unit: fc.constantFrom('a', 'b', 'é', '\uD7FF', '\uE000', '\uFFFD', '\u{10000}', '\u{1F600}'),
});

it('compares strings as their UTF-8 bytes compare', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
  expect(compareUtf8('\u{1F600}', '\uFFFD')).toBeGreaterThan(0);
});

it('ranks the types, the steps of a checkout in between', () => {
  const types = ['visit', 'product_view', 'add_to_cart', 'remove_from_cart', 'cart_view'] as const;
  const steps = (['start', 'contact', 'shipping', 'payment'] as const).map((checkout_step) =>
    event({ type: 'checkout', checkout_step }),
  );
  const later = (['friction', 'purchase', 'refund', 'custom:x'] as const).map((type) => event({ type }));
  const ranks = [...types.map((type) => event({ type })), ...steps, ...later].map(rankOf);
  expect(ranks).toEqual([...ranks.keys()]);
  expect(rankOf(event({ type: 'checkout' }))).toBe(5);
});

it('orders by time, rank, event_id, visitor_id and the client time, in this order', () => {
  const inOrder = [
    event({ event_time: 1, type: 'custom:x' }),
    event({ event_time: 2, event_id: 'b' }),
    event({ event_time: 2, type: 'product_view', event_id: 'a' }),
    event({ event_time: 2, type: 'product_view', event_id: 'b', visitor_id: 'a', occurred_at: 9 }),
    event({ event_time: 2, type: 'product_view', event_id: 'b', visitor_id: 'b', occurred_at: 1 }),
    event({ event_time: 2, type: 'product_view', event_id: 'b', visitor_id: 'b', occurred_at: 2 }),
  ];
  expect(inOrder.toReversed().sort(compareEvents)).toEqual(inOrder);
});
