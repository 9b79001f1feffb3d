/** What a shop is sent of a person who will be erased, and of others around him. */
import { DAY_MS } from './erasure-world.ts';

/** Days that have closed long ago. */
export const START = Math.floor(Date.now() / DAY_MS) * DAY_MS - 20 * DAY_MS;
export const MINUTE = 60_000;
export const FROM = new Date(START - DAY_MS).toISOString().slice(0, 10);
export const TO = new Date(Date.now() + DAY_MS).toISOString().slice(0, 10);

type Fields = Record<string, unknown> & { store_id: string; visitor_id: string };

/** `minutes` after START, received then too. */
export const event = (
  event_id: string,
  type: string,
  minutes: number,
  fields: Fields,
  receivedAt = START + minutes * MINUTE,
) => ({
  key: `${fields.store_id}:${fields.visitor_id}`,
  value: Buffer.from(
    JSON.stringify({
      event_id,
      type,
      occurred_at: START + minutes * MINUTE,
      source: 'server',
      currency: 'EUR',
      ...fields,
    }),
  ),
  headers: { 'cartledger-received-at': String(receivedAt) },
});

export const items = [{ product_id: 'p1', quantity: 1, unit_price: 1_000 }];
export const amounts = { items: 1_000, total: 1_000 };

/** A visitor's way from a visit to an order. */
const buyer = (store_id: string, visitor_id: string, minutes: number, more: Record<string, unknown> = {}) => {
  const of = { store_id, visitor_id, ...more };
  const cart_id = `cart-${visitor_id}`;
  return [
    event('visit', 'visit', minutes, of),
    event('add', 'add_to_cart', minutes + 1, { ...of, cart_id, items }),
    event('checkout', 'checkout', minutes + 2, { ...of, cart_id, items }),
    event('buy', 'purchase', minutes + 3, { ...of, cart_id, items, order_id: `order-${visitor_id}`, amounts }),
  ];
};

/** Others, among them one who shares a cart with the visitor. */
export const others = (store_id: string) => [
  ...buyer(store_id, 'bob', 10),
  event('v', 'visit', 30, { store_id, visitor_id: 'carol' }),
  event('a', 'add_to_cart', 31, { store_id, visitor_id: 'carol', cart_id: 'shared', items }),
];

export const secret = (store_id: string) => [
  ...buyer(store_id, 'secret-alice', 5, { customer_id: 'secret-customer' }),
  event('a2', 'add_to_cart', 2 * 1_440, { store_id, visitor_id: 'secret-alice', cart_id: 'shared', items }),
  event('r', 'refund', 3 * 1_440, {
    store_id,
    visitor_id: 'secret-alice',
    order_id: 'order-secret-alice',
    refund_id: 'secret-refund',
    amounts: { total: 400 },
  }),
];
/** The same person on another device. */
export const device = (store_id: string) => [
  event('v', 'visit', 50, { store_id, visitor_id: 'secret-phone' }),
  event('w', 'cart_view', 51, { store_id, visitor_id: 'secret-phone', customer_id: 'secret-customer', items }),
];
export const bad = (store_id: string) => [
  event('bad', 'purchase', 6, {
    store_id,
    visitor_id: 'secret-alice',
    order_id: 'secret-bad',
    currency: 'XXL',
    amounts,
  }),
  event('bad', 'purchase', 6, { store_id, visitor_id: 'bob', order_id: 'bob-bad', currency: 'XXL', amounts }),
];
