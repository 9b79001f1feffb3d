import { type ProduceRecord, RECEIVED_AT_HEADER } from '@cartledger/event-log';

export const NOW = Date.UTC(2026, 5, 15, 12);

/** A valid event, JSON-ready; fields given replace its own. */
export const sampleEvent = (fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  event_id: 'e1',
  store_id: 'demo',
  type: 'add_to_cart',
  occurred_at: NOW - 60_000,
  visitor_id: 'v1',
  cart_id: 'c1',
  currency: 'EUR',
  items: [{ product_id: 'p1', quantity: 2, unit_price: 1999 }],
  source: 'browser',
  ...fields,
});

export const eventRecord = (fields: Record<string, unknown> = {}, received_at = NOW): ProduceRecord => ({
  key: `${String(fields.store_id ?? 'demo')}:${String(fields.visitor_id ?? 'v1')}`,
  value: Buffer.from(JSON.stringify(sampleEvent(fields))),
  headers: { [RECEIVED_AT_HEADER]: String(received_at) },
  timestamp: received_at,
});

export const rawRecord = (value: string | Buffer | null): ProduceRecord => ({
  key: 'demo:v1',
  value: typeof value === 'string' ? Buffer.from(value) : value,
  timestamp: NOW,
});
