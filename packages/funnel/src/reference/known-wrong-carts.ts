/** What becomes of a cart. */
import { DAY, type KnownWrongAnswer, known, view } from './known-wrong-answer.ts';
import { add, buy, line } from './scenario.ts';

export const CARTS: readonly KnownWrongAnswer[] = [
  known(
    'an emptied cart is emptied, never abandoned',
    'it is abandoned, with the value 0 or with that of the last add',
    [add(0), { type: 'remove_from_cart', at: 5, items: [line('A', 100)] }],
    {
      abandonment: { carts: { created: 1, emptied: 1, abandoned: 0, lost: 0 }, abandonment_rate: null, points: [] },
      revenue: { EUR: { carts: { value: 100n, left: 0n, emptied: 100n } } },
    },
  ),
  known(
    'a cart bought a day later is recovered, not abandoned',
    'it stays abandoned: that number is written once and never looked at again',
    [add(0), buy(DAY, 'o1')],
    {
      abandonment: {
        carts: { abandoned: 0, lost: 0, recovered: 1, purchased: 0 },
        abandonment_rate: 1,
        recovery_rate: 1,
        not_bought_rate: 0,
      },
      revenue: { EUR: { carts: { left: 0n, bought: 100n } } },
    },
  ),
  known(
    'an add and the cart view drawn in the same millisecond hold the item once',
    'two of it, when the view is applied first or the add after it',
    [view(0), add(0)],
    { carts: [{ value: { EUR: 100n } }], revenue: { EUR: { carts: { value: 100n } } } },
  ),
  known(
    'buy-now of something else leaves the standing cart standing',
    'the purchase converts whatever cart the visitor has',
    [add(0), buy(5, 'o1', { items: [line('Z', 30)], amounts: { total: 30 } })],
    {
      orders: [{ cart_key: null, without_cart_reason: 'no_common_product' }],
      carts: [{ state: 'lost', order_id: null, value: { EUR: 100n } }],
      revenue: { EUR: { carts: { left: 100n, bought: 0n }, orders: { gross_sales: 30n } } },
    },
  ),
  known(
    'a cart id used again after the purchase is another cart',
    'the bought cart comes back to life and is abandoned, or what is added is thought to be bought',
    [add(0, { cart_id: 'c' }), buy(5, 'o1', { cart_id: 'c' }), add(2 * DAY, { cart_id: 'c', items: [line('B', 30)] })],
    {
      carts: [
        { cart_key: 'c', state: 'purchased', value: { EUR: 100n }, order_id: 'o1' },
        { cart_key: 'c#2', state: 'lost', value: { EUR: 30n }, order_id: null },
      ],
      abandonment: { carts: { created: 2, purchased: 1, lost: 1 }, abandonment_rate: 0.5 },
    },
  ),
];
