/** Records for tests of ingest. */
import type { ProduceRecord } from '@cartledger/event-log';

/** A valid event, of the store `demo` if nothing else is said. Its visitor, and so its partition, follows from `n`. */
export const eventOf = (
  n: number,
  { store_id = 'demo', ...fields }: Record<string, unknown> = {},
  receivedAt = Date.now(),
): ProduceRecord => ({
  key: `${store_id}:v${n % 97}`,
  value: Buffer.from(
    JSON.stringify({
      event_id: `e${n}`,
      store_id,
      type: 'add_to_cart',
      occurred_at: receivedAt - 60_000,
      visitor_id: `v${n % 97}`,
      cart_id: `c${n % 50}`,
      currency: 'EUR',
      items: [{ product_id: `p${n % 9}`, quantity: 1, unit_price: 1_999 }],
      source: 'browser',
      ...fields,
    }),
  ),
  headers: { 'cartledger-received-at': String(receivedAt) },
});

/** The events numbered [from, to). */
export const eventsOf = (from: number, to: number, receivedAt?: number): ProduceRecord[] =>
  Array.from({ length: to - from }, (_, i) => eventOf(from + i, {}, receivedAt));

export const badEvent = (n: number): ProduceRecord => ({ key: `demo:v${n % 97}`, value: Buffer.from(`{"bad":${n}`) });
