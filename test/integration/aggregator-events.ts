/** Events by hand, in minutes from T0; each has an event_id and a received_at of its own. */
import type { Delivery, EventType } from '@cartledger/events';

const T0 = Date.parse('2027-01-10T10:00:00Z');
const MINUTE = 60_000;
let made = 0;
export const event = (minutes: number, type: EventType, fields: Partial<Delivery> = {}): Delivery => {
  const occurred_at = T0 + minutes * MINUTE;
  const event_id = `e${made++}`;
  return {
    store_id: '',
    event_id,
    type,
    visitor_id: 'v',
    occurred_at,
    received_at: occurred_at + made,
    payload_hash: BigInt(made),
    currency: 'EUR',
    ...fields,
  };
};
export const add = (minutes: number, fields: Partial<Delivery> = {}) =>
  event(minutes, 'add_to_cart', { items: [{ product_id: 'A', quantity: 1, unit_price: 500 }], ...fields });
export const order = (minutes: number, order_id: string, fields: Partial<Delivery> = {}) =>
  event(minutes, 'purchase', { order_id, amounts: { total: 500 }, source: 'browser', ...fields });
