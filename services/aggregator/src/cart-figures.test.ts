import { expect, test } from 'vitest';
import { addCarts } from './cart-figures.ts';

const left = {
  store_id: 's',
  day: '2027-01-10',
  version: 1n,
  excluded: 0,
  activity: 0,
  ordering: 0,
  settling: 0,
  state: 'lost',
  late: false,
  revived: false,
  checkout: true,
  contactable: true,
  furthest: 'checkout.contact',
  abandoned_point: '',
  reason: 'unknown',
  currency: '',
  carts: 2n,
  value: 0n,
  peak: 0n,
} as const;

test('a cart is counted in each figure that the reports print of it, by its stage and its reason', () => {
  const values = new Map<string, bigint>();
  addCarts(values, left);
  addCarts(values, { ...left, currency: 'EUR', carts: 1n, value: 500n, peak: 700n });
  expect(Object.fromEntries(values)).toEqual({
    'abandonment carts.created': 2n,
    'abandonment carts.lost': 2n,
    'abandonment checkout.created': 2n,
    'abandonment checkout.lost': 2n,
    'abandonment points.checkout.contact.carts': 2n,
    'abandonment reasons.unknown.carts': 2n,
    'abandonment contactable.carts': 2n,
    'abandonment EUR points.checkout.contact.value': 500n,
    'abandonment EUR reasons.unknown.value': 500n,
    'abandonment EUR contactable.value': 500n,
    'abandonment EUR peak_value': 700n,
    'abandonment EUR removed': 200n,
    'revenue EUR carts.value': 500n,
    'revenue EUR carts.left': 500n,
    'revenue EUR stages.cart.reached': 500n,
    'revenue EUR stages.cart.carts': 1n,
    'revenue EUR stages.checkout.start.reached': 500n,
    'revenue EUR stages.checkout.start.carts': 1n,
    'revenue EUR stages.checkout.contact.reached': 500n,
    'revenue EUR stages.checkout.contact.carts': 1n,
    'revenue EUR stages.checkout.contact.left': 500n,
  });
});

test('a recovered cart has reached every stage and is recovered where it was abandoned', () => {
  const values = new Map<string, bigint>();
  const recovered = { ...left, state: 'recovered', abandoned_point: 'cart', currency: 'EUR' } as const;
  addCarts(values, { ...recovered, carts: 1n, value: 500n, peak: 500n });
  expect(values.get('revenue EUR stages.purchase.reached')).toBe(500n);
  expect(values.get('revenue EUR stages.cart.recovered')).toBe(500n);
  expect(values.has('abandonment EUR points.cart.value')).toBe(false);
  expect(values.has('revenue EUR stages.checkout.contact.left')).toBe(false);
});

test('a day whose last cart has gone has no figures of carts', () => {
  const values = new Map<string, bigint>();
  addCarts(values, { ...left, state: 'emptied', furthest: '', carts: 0n });
  expect(values.size).toBe(0);
});
