import type { Delivery } from '@cartledger/events';
import { at, item } from './reports-world.ts';

/** What a visitor puts into the cart. */
const added = (time: string, visitor_id: string, items: NonNullable<Delivery['items']>, more: Partial<Delivery> = {}) =>
  at(time, 'add_to_cart', { visitor_id, items, ...more });
/** An order for so much in all, as the visitor's browser tells of it. */
const bought = (time: string, visitor_id: string, total: number, more: Partial<Delivery> = {}) =>
  at(time, 'purchase', { visitor_id, order_id: `o${visitor_id}`, source: 'browser', amounts: { total }, ...more });

/** Carts and orders of every kind, by visitors a to i, in two currencies. */
export const SHOP = [
  // a buys what he put in, with a discount, tax and shipping; a part is refunded in February.
  at('2027-01-05T10:00:00', 'visit', { visitor_id: 'a', campaign: { source: 'mail' } }),
  added('2027-01-05T10:05:00', 'a', [item('A', 1_000), item('B', 250, 2)], { cart_id: 'ca' }),
  at('2027-01-05T10:10:00', 'checkout', { visitor_id: 'a', cart_id: 'ca', checkout_step: 'payment' }),
  bought('2027-01-05T10:15:00', 'a', 1_225, {
    cart_id: 'ca',
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
  added('2027-01-06T10:01:00', 'b', [item('A', 1_000)], { customer_id: 'k1', page: { path: '/a' } }),
  at('2027-01-06T10:02:00', 'checkout', { visitor_id: 'b', checkout_step: 'payment' }),
  at('2027-01-06T10:03:00', 'friction', { visitor_id: 'b', friction: { code: 'payment_declined' } }),
  added('2027-01-07T10:00:00', 'c', [item('B', 250)]),
  bought('2027-01-08T11:00:00', 'c', 400),
  added('2027-01-09T10:00:00', 'd', [item('A', 1_000)]),
  at('2027-01-09T10:05:00', 'remove_from_cart', { visitor_id: 'd', items: [item('A', 1_000)] }),
  // e orders without a cart, on the telephone; f pays in yen for a cart in euros.
  at('2027-01-10T10:00:00', 'purchase', { visitor_id: 'e', order_id: 'oe', channel: 'phone', amounts: { total: 777 } }),
  at('2027-01-11T10:00:00', 'visit', { visitor_id: 'f' }),
  added('2027-01-11T10:01:00', 'f', [item('A', 1_000)]),
  bought('2027-01-11T10:02:00', 'f', 1_600, { currency: 'JPY', items: [item('A', 1_600)] }),
  // g opens in January and buys in February; h opens in December and buys in January; i ordered a test.
  added('2027-01-31T20:00:00', 'g', [item('D', 5_000)]),
  bought('2027-02-01T08:00:00', 'g', 5_000),
  added('2026-12-31T20:00:00', 'h', [item('D', 6_000)]),
  bought('2027-01-01T08:00:00', 'h', 6_000),
  added('2027-01-12T10:00:00', 'i', [item('A', 1_000)]),
  bought('2027-01-12T10:01:00', 'i', 1_000, { test: true }),
  // j comes three times, adds once without a visit that day; k still has his cart open.
  at('2027-01-13T10:00:00', 'visit', { visitor_id: 'j', campaign: { source: 'mail' } }),
  at('2027-01-14T10:00:00', 'visit', { visitor_id: 'j', campaign: { source: 'social' } }),
  at('2027-01-25T10:00:00', 'product_view', { visitor_id: 'j', items: [{ product_id: 'A', quantity: 1 }] }),
  added('2027-02-28T23:50:00', 'k', [item('A', 1_000)]),
  added('2027-02-28T23:20:00', 'l', [item('A', 1_100)]),
  added('2027-02-28T12:00:00', 'm', [item('A', 1_200)]),
];
