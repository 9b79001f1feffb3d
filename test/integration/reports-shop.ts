import { at, item } from './reports-world.ts';

/** Carts and orders of every kind, by visitors a to i, in two currencies. */
export const SHOP = [
  // a buys what he put in, with a discount, tax and shipping; a part is refunded in February.
  at('2027-01-05T10:00:00', 'visit', { visitor_id: 'a', campaign: { source: 'mail' } }),
  at('2027-01-05T10:05:00', 'add_to_cart', {
    visitor_id: 'a',
    cart_id: 'ca',
    items: [item('A', 1_000), item('B', 250, 2)],
  }),
  at('2027-01-05T10:10:00', 'checkout', { visitor_id: 'a', cart_id: 'ca', checkout_step: 'payment' }),
  at('2027-01-05T10:15:00', 'purchase', {
    visitor_id: 'a',
    cart_id: 'ca',
    order_id: 'oa',
    source: 'browser',
    items: [item('A', 900), item('C', 300)],
    amounts: { discount: 100, tax: 50, shipping: 70, total: 1_225 },
  }),
  at('2027-02-02T09:00:00', 'refund', { visitor_id: 'a', order_id: 'oa', refund_id: 'r1', amounts: { total: 300 } }),
  at('2027-01-20T09:00:00', 'refund', {
    visitor_id: 'a',
    order_id: 'oa',
    refund_id: 'r0',
    amounts: { total: 25, items: 20 },
  }),
  // b leaves his cart after the payment was declined; c recovers a day later; d empties.
  at('2027-01-06T10:00:00', 'visit', { visitor_id: 'b', campaign: { source: 'search' } }),
  at('2027-01-06T10:01:00', 'add_to_cart', {
    visitor_id: 'b',
    customer_id: 'k1',
    items: [item('A', 1_000)],
    page: { path: '/a' },
  }),
  at('2027-01-06T10:02:00', 'checkout', { visitor_id: 'b', checkout_step: 'payment' }),
  at('2027-01-06T10:03:00', 'friction', { visitor_id: 'b', friction: { code: 'payment_declined' } }),
  at('2027-01-07T10:00:00', 'add_to_cart', { visitor_id: 'c', items: [item('B', 250)] }),
  at('2027-01-08T11:00:00', 'purchase', {
    visitor_id: 'c',
    order_id: 'oc',
    source: 'browser',
    amounts: { total: 400 },
  }),
  at('2027-01-09T10:00:00', 'add_to_cart', { visitor_id: 'd', items: [item('A', 1_000)] }),
  at('2027-01-09T10:05:00', 'remove_from_cart', { visitor_id: 'd', items: [item('A', 1_000)] }),
  // e orders without a cart, on the telephone; f pays in yen for a cart in euros.
  at('2027-01-10T10:00:00', 'purchase', { visitor_id: 'e', order_id: 'oe', channel: 'phone', amounts: { total: 777 } }),
  at('2027-01-11T10:00:00', 'visit', { visitor_id: 'f' }),
  at('2027-01-11T10:01:00', 'add_to_cart', { visitor_id: 'f', items: [item('A', 1_000)] }),
  at('2027-01-11T10:02:00', 'purchase', {
    visitor_id: 'f',
    order_id: 'of',
    source: 'browser',
    currency: 'JPY',
    items: [item('A', 1_600)],
    amounts: { total: 1_600 },
  }),
  // g opens in January and buys in February; h opens in December and buys in January; i ordered a test.
  at('2027-01-31T20:00:00', 'add_to_cart', { visitor_id: 'g', items: [item('D', 5_000)] }),
  at('2027-02-01T08:00:00', 'purchase', {
    visitor_id: 'g',
    order_id: 'og',
    source: 'browser',
    amounts: { total: 5_000 },
  }),
  at('2026-12-31T20:00:00', 'add_to_cart', { visitor_id: 'h', items: [item('D', 6_000)] }),
  at('2027-01-01T08:00:00', 'purchase', {
    visitor_id: 'h',
    order_id: 'oh',
    source: 'browser',
    amounts: { total: 6_000 },
  }),
  at('2027-01-12T10:00:00', 'add_to_cart', { visitor_id: 'i', items: [item('A', 1_000)] }),
  at('2027-01-12T10:01:00', 'purchase', {
    visitor_id: 'i',
    order_id: 'oi',
    source: 'browser',
    test: true,
    amounts: { total: 1_000 },
  }),
  // j comes three times, adds once without a visit that day; k still has his cart open.
  at('2027-01-13T10:00:00', 'visit', { visitor_id: 'j', campaign: { source: 'mail' } }),
  at('2027-01-14T10:00:00', 'visit', { visitor_id: 'j', campaign: { source: 'social' } }),
  at('2027-01-25T10:00:00', 'product_view', { visitor_id: 'j', items: [{ product_id: 'A', quantity: 1 }] }),
  at('2027-02-28T23:50:00', 'add_to_cart', { visitor_id: 'k', items: [item('A', 1_000)] }),
  at('2027-02-28T23:20:00', 'add_to_cart', { visitor_id: 'l', items: [item('A', 1_100)] }),
  at('2027-02-28T12:00:00', 'add_to_cart', { visitor_id: 'm', items: [item('A', 1_200)] }),
];
